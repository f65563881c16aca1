# shellcheck shell=bash
#
# What a registry hit costs an agent that has just started: an empty index, a new Docker configuration, nothing in the
# daemon, and 50 ms for a round trip to the registry and to its token server. Beside docker doing only what cannot be
# left out: log in, and pull by digest. Sourced by script/benchmark.
#
# shellcheck disable=SC2034,SC2154

services_caller=benchmark
# shellcheck source=services.sh
. "$root/script/lib/services.sh"
report_file=$output
# shellcheck source=../../Tests/hooks/agent.bash
. "$root/Tests/hooks/agent.bash"
# The last hook's output has the same name there.
output=$report_file
forget_job
services_begin
trap 'stop_proxy; services_end; if [ -n "$made_directory" ]; then rm -rf "$directory"; fi' EXIT

round_trip=50
username=benchmark
password='a word of its own'
image=docker-cache-benchmark/fresh
proxy=''

stop_proxy() {
    if [ -n "$proxy" ]; then
        exec {proxy_input}>&-
        wait "$proxy" 2>/dev/null || true
        proxy=''
    fi
}

# start_proxy: a slow way to the registry, in `slow_address`; what is said on it is in the file `turns`.
start_proxy() {
    local tries=0
    stop_proxy
    rm -f "$directory/proxy-input" "$directory/proxy-port"
    mkfifo "$directory/proxy-input"
    python3 "$root/script/lib/delay_proxy.py" "$registry_address" "$round_trip" --requests "$directory/requests" \
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

option() { export "BUILDKITE_PLUGIN_DOCKER_CACHE_$1=$2"; }

hooks() { "$directory/environment/script" >/dev/null && "$directory/pre-command/script" >"$directory/log"; }

# The agent has just started.
start_afresh() {
    local name
    rm -rf "${index%/*}" "$DOCKER_CONFIG"
    mkdir "$DOCKER_CONFIG"
    for name in "$image:$key" "$repository@$digest" "$repository:cache-$key"; do
        docker image rm --force "$name" >/dev/null 2>&1 || true
    done
}

pull_alone() { docker pull --quiet "$repository@$digest" >/dev/null; }
log_in_and_pull() {
    docker login --username "$username" --password-stdin "$slow_address" <<<"$password" >/dev/null 2>&1
    pull_alone
}

table=''
# measure NAME THEIRS AGAINST
measure() {
    say "measuring $1"
    compare start_afresh hooks "$2"
    grep -q 'registry hit' "$directory/log" || die "the hooks do not hit: $(tail -n 1 "$directory/log")"
    table+="| $1 | $3 | $(tenths "$ours") | $(tenths "$theirs") | $(ratio "$ours" "$theirs") | |"$'\n'
}

# The most requests that a pull may wait for, one after the other, and those that may follow it.
most_before=5
most_after=0

# path NAME: what was asked of the registry during one hit, with the time since its beginning
path() {
    local before after name
    local -a times
    start_afresh
    : >"$directory/requests"
    hooks
    paths+="$1:"$'\n\n<!-- output of: script/benchmark fresh -->\n```text\n'
    paths+=$(
        sed -E "s,/v2/$image/,/v2/IMAGE/,; s,$key,KEY,; s,sha256:[0-9a-f]{64},DIGEST,
            s,record-[0-9a-f]{40},record-DIGEST," "$directory/requests"
    )$'\n```\n\n'
    IFS='|' read -r of_key of_pull of_lookup < <(sqlite3 -readonly "$index" 'SELECT fingerprint_milliseconds,
        pull_milliseconds, total_milliseconds FROM events ORDER BY at DESC LIMIT 1')
    paths+="Stages of this lookup: key $of_key ms, pull $of_pull ms, all of the lookup $of_lookup ms. When they ran:"
    paths+=$'\n\n<!-- output of: script/benchmark fresh -->\n```text\n'
    times=(--key "$of_key" --total "$of_lookup" --round-trip "$round_trip")
    paths+=$("$root/script/lib/critical_path.py" "$directory/requests" "${times[@]}")$'\n```\n\n'
    read -r before after < <("$root/script/lib/critical_path.py" "$directory/requests" "${times[@]}" --count)
    [ "$before" -le "$most_before" ] || die "$1: the pull waits for $before requests: $(cat "$directory/requests")"
    [ "$after" -le "$most_after" ] || die "$1: $after requests follow the pull: $(cat "$directory/requests")"
    # The table has small letters.
    name=$(tr '[:upper:]' '[:lower:]' <<<"${1:0:1}")${1:1}
    name=${name%% (*}
    table+="| $name: requests before the pull, one after the other | | $before | | | $most_before |"$'\n'
    table+="| $name: requests after it | | $after | | | $most_after |"$'\n'
}

# prepare: builds and saves the image, and learns its names
prepare() {
    local hook
    option REGISTRY_URL "$slow_address"
    repository=$slow_address/$image
    rm -rf "${index%/*}" "$DOCKER_CONFIG"
    mkdir "$DOCKER_CONFIG"
    "$directory/environment/script" >/dev/null
    "$directory/pre-command/script" >"$directory/log" 2>&1 || die "the image was not built: $(cat "$directory/log")"
    key=$(sed -n "s,^Image: $image:\([0-9a-f]*\).*,\1,p" "$directory/log")
    digest=$(sed -n 's/.*digest: \(sha256:[0-9a-f]*\) size.*/\1/p' "$directory/log" | tail -n 1)
    [ -n "$digest" ] || die "the image was not saved: $(cat "$directory/log")"
}

use_docker_kind "$docker" || die "script/setup --with-test-services installs Docker of the kind $docker"
start_docker_daemon
ensure_base_image
export DOCKER_CACHE_BIN=$binary BUILDKITE=true BUILDKITE_PIPELINE_SLUG=benchmark DOCKER_CONFIG=$directory/docker-config
export TMPDIR=$directory/temporary
mkdir -p "$TMPDIR"
index=$directory/fresh-index/index.db
option IMAGE "$image"
option PROVIDER registry
option REGISTRY_INSECURE true
option INDEX "$index"
for hook in environment pre-command; do agent_script "$directory/$hook" "$hook"; done
mkdir -p "$directory/fresh-context"
cd "$directory/fresh-context" || exit
head -c 4000000 /dev/urandom >content
printf 'FROM %s\nCOPY content /content\nRUN head -c 4000000 /dev/urandom >/other\n' "$base_image" >Dockerfile
paths=''

start_registry open
start_proxy
prepare
measure 'no login needed' pull_alone 'docker pull'
path 'No login needed'

openssl genpkey -algorithm ed25519 -out "$directory/key.pem" 2>/dev/null
openssl pkey -in "$directory/key.pem" -pubout -out "$directory/key.pub"
option SIGN_KEY "$directory/key.pem"
option VERIFY_KEY "$directory/key.pub"
rm -rf "${index%/*}"
prepare
measure 'no login needed, and a signature is checked' pull_alone 'docker pull'
unverified() { (unset BUILDKITE_PLUGIN_DOCKER_CACHE_VERIFY_KEY && hooks); }
compare true hooks unverified
grep -q 'local hit' "$directory/log" || die "the hooks do not hit: $(tail -n 1 "$directory/log")"
table+="| a hit on the agent, and a signature is checked | the same without | $(tenths "$ours") | $(tenths "$theirs") |"
table+=" $(ratio "$ours" "$theirs") | |"$'\n'
unset BUILDKITE_PLUGIN_DOCKER_CACHE_SIGN_KEY BUILDKITE_PLUGIN_DOCKER_CACHE_VERIFY_KEY

# A server that starts now would keep the end of it open.
stop_proxy
export SERVICES_TOKEN_DELAY=$round_trip
start_registry token "$username" "$password"
start_proxy
option REGISTRY_USERNAME "$username"
export BENCHMARK_PASSWORD=$password
# shellcheck disable=SC2016 # the plugin reads the variable
option REGISTRY_PASSWORD '$BENCHMARK_PASSWORD'
prepare
measure 'a token server, and no login yet' log_in_and_pull 'docker login, docker pull'
path 'A token server, and no login yet (its requests are not shown)'

write_section "A hit on an agent that has just started, Docker $docker" <<REPORT
$(machine), Docker $docker ($(docker version --format '{{.Client.Version}}')), docker-registry 2.8.2; medians of $runs

Both hooks, with an empty index, a new Docker configuration and an empty daemon. A round trip takes $round_trip ms, to
the registry and to its token server. The image has 8 MB in two layers above its base image.

| work | compared with | docker-cache | baseline | ratio | limit |
|---|---|---:|---:|---:|---:|
$table
The requests of the lookup and of the daemon's pull. The first column has the milliseconds since the first byte, the
second the number of the connection.

$paths
REPORT
