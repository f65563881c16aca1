# shellcheck shell=bash
#
# What it takes to ask a registry for an image and its age, and to move a tag: by our client, and by docker. Against a
# real registry on loopback, and with 50 ms for a round trip put in between. Sourced by script/benchmark.
#
# shellcheck disable=SC2034,SC2154

services_caller=benchmark
# shellcheck source=services.sh
. "$root/script/lib/services.sh"
services_begin
trap 'stop_proxy; services_end; if [ -n "$made_directory" ]; then rm -rf "$directory"; fi' EXIT

client=$directory/RegistryBenchmark
proxy=''

stop_proxy() {
    if [ -n "$proxy" ]; then
        exec {proxy_input}>&-
        wait "$proxy" 2>/dev/null || true
        proxy=''
    fi
}

# start_proxy: a slow way to the registry, in `slow_address`; the turns on it are counted in the file `turns`.
start_proxy() {
    local tries=0
    rm -f "$directory/proxy-input" "$directory/proxy-port"
    mkfifo "$directory/proxy-input"
    python3 "$root/script/lib/delay_proxy.py" "$registry_address" 50 --turns "$directory/turns" \
        <"$directory/proxy-input" >"$directory/proxy-port" &
    proxy=$!
    exec {proxy_input}>"$directory/proxy-input"
    until [ -s "$directory/proxy-port" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || die "the slow way to the registry did not start"
        sleep 0.1
    done
    slow_address=127.0.0.1:$(cat "$directory/proxy-port")
}

ours_age() { "$client" age "$address/image:cache" >/dev/null; }
docker_age() { docker manifest inspect --insecure "$address/image:cache" >/dev/null; }
ours_move() { "$client" move "$address/image:cache" "moved-$RANDOM$RANDOM" >/dev/null; }
docker_move() {
    local tag=$address/image:pushed-$RANDOM$RANDOM
    docker tag "$address/image:cache" "$tag"
    docker push --quiet "$tag" >/dev/null
    docker image rm "$tag" >/dev/null
}
nothing() { :; }

table=''

# row WORK AGAINST LIMIT
row() {
    table+="| $1 | $2 | $(tenths "$ours") | $(tenths "$theirs") | $(ratio "$ours" "$theirs") | $3 |"$'\n'
}

# measure WHERE LIMIT
measure() {
    say "measuring $1"
    compare nothing ours_age docker_age
    row "existence and age: $1" 'docker manifest inspect (no age)' "$2"
    compare nothing ours_move docker_move
    row "move a tag: $1" 'docker tag, docker push' "$2"
}

# turns COMMAND: how many round trips it makes, in the variable `counted`
turns() {
    local before after
    before=$(cat "$directory/turns" 2>/dev/null || echo 0)
    "$1"
    after=$(cat "$directory/turns")
    counted=$((after - before))
}

say "building the client"
# As script/build builds the tool.
build=(--package-path "$root" -c release --static-swift-stdlib --product RegistryBenchmark)
swift build "${build[@]}" >&2
cp "$(swift build "${build[@]}" --show-bin-path)/RegistryBenchmark" "$client"
use_docker_kind "$docker" || die "script/setup --with-test-services installs Docker of the kind $docker"
start_docker_daemon
ensure_base_image
start_registry open
start_proxy

for address in "$registry_address" "$slow_address"; do
    printf 'FROM %s\nLABEL io.docker-cache.built-at=2026-01-01T00:00:00Z\n' "$base_image" |
        BUILDX_NO_DEFAULT_ATTESTATIONS=1 DOCKER_BUILDKIT=1 \
            docker build --quiet --tag "$address/image:cache" - >/dev/null
    docker push --quiet "$address/image:cache" >/dev/null
done

address=$registry_address
measure 'loopback' 0.5
address=$slow_address
measure '50 ms round trip' ''
turns ours_age
table+="| existence and age: round trips |  | $counted |  |  | 3 |"$'\n'
turns ours_move
table+="| move a tag after a push: round trips, including one to read what was pushed |  | $counted |  |  | 2 |"$'\n'
docker image rm "$registry_address/image:cache" "$slow_address/image:cache" >/dev/null

write_section 'Registry queries' <<REPORT
$(machine), Docker $docker ($(docker version --format '{{.Client.Version}}')), docker-registry 2.8.2; medians of $runs

| work | compared with | docker-cache | baseline | ratio | limit |
|---|---|---:|---:|---:|---:|
$table
REPORT
