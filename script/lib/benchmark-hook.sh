# shellcheck shell=bash
#
# What a hit on the agent costs a job: both hooks, as the agent sources them, beside `docker image inspect` alone.
# Sourced by script/benchmark.
#
# shellcheck disable=SC2034,SC2154

services_caller=benchmark
# shellcheck source=services.sh
. "$root/script/lib/services.sh"
# shellcheck source=leftovers.sh
. "$root/script/lib/leftovers.sh"
# shellcheck source=benchmark-tree.sh
. "$root/script/lib/benchmark-tree.sh"
report_file=$output
# shellcheck source=../../Tests/hooks/agent.bash
. "$root/Tests/hooks/agent.bash"
# The last hook's output has the same name there.
output=$report_file
forget_job
services_begin
trap 'forget_images; stop_sinks; services_end; if [ -n "$made_directory" ]; then rm -rf "$directory"; fi' EXIT

images=()
forget_images() {
    if [ ${#images[@]} -gt 0 ]; then docker image rm --force "${images[@]}" >/dev/null || true; fi
}

sinks=()
stop_sinks() { if [ ${#sinks[@]} -gt 0 ]; then kill "${sinks[@]}" 2>/dev/null || true; fi; }

# start_sink SCHEME ROUND-TRIP: a server that takes spans, as many milliseconds away; its address is in `sink`. The
# hooks reach it with the command in `reach`.
start_sink() {
    local port=$directory/sink-$1-$2 network=$directory/network-$1-$2 address=127.0.0.1
    local -a arguments=() away=()
    rm -f "$port" "$network"
    if [ "$2" -gt 0 ]; then
        address=10.213.77.2
        away=("$root/script/lib/far_network.py" "$2" "$network")
    fi
    if [ "$1" = https ]; then
        services_make_certificate "$directory" authority basicConstraints=critical,CA:TRUE
        services_make_certificate "$directory" server subjectAltName="IP:$address" -CA "$directory/authority.pem" \
            -CAkey "$directory/authority.key" -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
        arguments=(--certificate "$directory/server.pem" --key "$directory/server.key")
        export OTEL_EXPORTER_OTLP_CERTIFICATE=$directory/authority.pem
    fi
    env --unset DOCKER_CACHE_MARK "${away[@]}" python3 "$root/script/lib/span_sink.py" "$port" --address "$address" \
        "${arguments[@]}" &
    sinks+=($!)
    until [ -s "$port" ]; do sleep 0.1; done
    sink=$1://$address:$(cat "$port")
    reach=()
    if [ "$2" -gt 0 ]; then
        until [ -s "$network" ]; do sleep 0.1; done
        reach=(nsenter --net="$(cat "$network")")
    fi
}

# measure_report WHAT ROUND-TRIP: what it costs to report a hit to `sink`, as a row. The limit is one round trip, and
# 5 ms to send.
over=''
measure_report() {
    local limit=$(($2 + 5))
    compare nothing reported_hooks hooks
    reported_hooks
    # What a hook has left to the background has failed if the next lookup says so.
    sleep 2
    reported_hooks
    [ ! -s "$directory/errors" ] || die "the lookup was not reported: $(cat "$directory/errors")"
    reported+="| $1 | $(tenths "$ours") | $(tenths "$theirs") | $(tenths $((ours - theirs))) | $limit |"$'\n'
    if [ $((ours - theirs)) -gt $((limit * 10)) ]; then over+=" $1: $(tenths $((ours - theirs))) ms;"; fi
}

option() { export "BUILDKITE_PLUGIN_DOCKER_CACHE_$1=$2"; }

reach=()
hooks() {
    "${reach[@]}" "$directory/environment/script" >/dev/null &&
        "${reach[@]}" "$directory/pre-command/script" >"$directory/log" 2>"$directory/errors"
}
# The same, reported to a collector.
reported_hooks() { OTEL_EXPORTER_OTLP_ENDPOINT=$sink hooks; }
inspect() { docker image inspect --format '{{json .}}' "$image" >/dev/null; }
walk() { "$binary" context --index "$index" >/dev/null; }
start() { "$binary" --version >/dev/null; }
start_true() { /bin/true; }
nothing() { :; }

table=''
row() { table+="| $1 | $2 | $3 | $4 | $5 | $6 |"$'\n'; }

# prepare NAME: the hooks hit in the current directory; the image's name is in `image`
prepare() {
    option IMAGE "docker-cache-benchmark/$1"
    hooks 2>/dev/null
    # Hashes are kept of files that have rested for two seconds.
    sleep 3
    hooks
    hooks
    grep -q 'local hit' "$directory/log" || die "the hooks do not hit: $(tail -n 1 "$directory/log")"
    image=$(sed -n 's/^Image: //p' "$directory/log")
    images+=("$image")
}

use_docker_kind "$docker" || die "script/setup --with-test-services installs Docker of the kind $docker"
start_docker_daemon
export DOCKER_CACHE_BIN=$binary DOCKER_CACHE_MARK=benchmark-$$
export BUILDKITE=true BUILDKITE_PIPELINE_SLUG=benchmark TMPDIR=$directory/temporary
mkdir -p "$TMPDIR"
index=$directory/hook-index/index.db
rm -rf "${index%/*}"
option PROVIDER local
option INDEX "$index"
for hook in environment pre-command; do agent_script "$directory/$hook" "$hook"; done

say "measuring the start"
compare nothing start start_true
row "start, \`--version\`" "\`/bin/true\`" "$(tenths "$ours")" "$(tenths "$theirs")" "$(ratio "$ours" "$theirs")" \
    "$(tenths $((ours - theirs))) more than the baseline; limit 5"

cd "$root/examples/hello" || exit
prepare hello
say "measuring examples/hello"
compare nothing hooks inspect
row 'both hooks, examples/hello' 'docker image inspect' "$(tenths "$ours")" "$(tenths "$theirs")" \
    "$(ratio "$ours" "$theirs")" '1.2 times'

say "measuring a hit that is reported to a collector"
reported=''
for scheme in http https; do
    start_sink "$scheme" 0
    measure_report "$scheme, on this machine" 0
    for far in 10 50; do
        start_sink "$scheme" "$far"
        measure_report "$scheme, $far ms away" "$far"
    done
done

# started COMMAND: how many threads and processes a hit starts, and how many network connections it makes
started() {
    strace -f -qq -e trace=clone,clone3,socket,connect -o "$directory/calls" "$1"
    printf '%s and %s' "$(grep -c 'clone' "$directory/calls" || true)" \
        "$(grep -c 'connect(.*AF_INET' "$directory/calls" || true)"
}

reach=()
say "counting what a hit starts"
lookup=$directory/lookup
printf '#!/usr/bin/env bash\nexec %q hook pre-command --exports /dev/null >/dev/null\n' "$binary" >"$lookup"
chmod +x "$lookup"
start_sink http 0
without=$(started "$lookup")
with=$(OTEL_EXPORTER_OTLP_ENDPOINT=$sink started "$lookup")

say "hitting 25 times in a row"
for ((hit = 0; hit < 25; hit++)); do hooks; done
mapfile -t processes < <(left_processes "$DOCKER_CACHE_MARK")
mapfile -t files < <(find "$TMPDIR" -mindepth 1)
mapfile -t locks < <(left_locks "${index%/*}")

make_tree 10000
cd "$directory/tree-10000" || exit
printf '.git\nDockerfile\n.dockerignore\n' >.dockerignore
prepare tree
say "measuring 10000 files"
compare nothing hooks inspect
with_hooks=$ours
alone=$theirs
for scheme in http https; do
    start_sink "$scheme" 50
    measure_report "$scheme, 50 ms away; 10000 files" 50
done
reach=()
compare nothing walk nothing
row 'both hooks, 10000 files' "docker image inspect, and the walk ($(tenths "$ours"))" "$(tenths "$with_hooks")" \
    "$(tenths $((alone + ours)))" "$(ratio "$with_hooks" $((alone + ours)))" \
    "$(difference $((with_hooks - alone - ours))) the baseline (limit: 60 ms more)"

write_section "A hit on the agent, Docker $docker" <<REPORT
$(machine), Docker $docker ($(docker version --format '{{.Client.Version}}')), medians of $runs

Both hooks, each sourced by its own script, as the agent does it: two shells, the checks of \`environment\`, and the
lookup of \`pre-command\` with its one request to the daemon. The walk is \`docker-cache context\` over the same tree.

| work | compared with | docker-cache | baseline | ratio | limit |
|---|---|---:|---:|---:|---:|
$table
Both hooks, alternately with \`OTEL_EXPORTER_OTLP_ENDPOINT\` set and without, for examples/hello and for 10000 files.
The connection is made while the lookup runs. It takes one round trip, and two with TLS. If it is there when the lookup
ends, the hook waits for the answer. Otherwise it leaves the report to a process in the background. The limit is one
round trip, and 5 ms to send. Each packet takes half of the distance. The server's certificate has an ECDSA key.

| collector | with telemetry | without | difference | limit |
|---|---:|---:|---:|---:|
$reported
Threads and processes that a lookup starts, and network connections that it makes: $without without telemetry, $with
with it.

Left behind after 25 hits in a row: ${#processes[@]} processes, ${#files[@]} temporary files, ${#locks[@]} locks.
REPORT
[ -z "${processes[*]}${files[*]}${locks[*]}" ] || die "left behind: ${processes[*]} ${files[*]} ${locks[*]}"
[ -z "$over" ] || die "to report a hit costs more than its limit:$over"
