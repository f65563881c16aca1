#!/usr/bin/env bats
#
# The spans that a lookup sends according to OpenTelemetry's variables, parsed with OpenTelemetry's own definitions; and
# lookups without an endpoint, or with one that is not a collector.
#
# Every test is a separate process, and helper.bash sets the variables that are read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper
load telemetry

trace=4bf92f3577b34da6a3ce929d0e0e4736
parent=00f067aa0ba902b7

setup() {
    end_to_end_setup
    export BUILDKITE_AGENT_META_DATA_QUEUE=linux BUILDKITE_AGENT_ID=agent-id
}

teardown() {
    end_receiver
    end_to_end_teardown
}

# send_to_receiver: sets the variable that an agent would have
send_to_receiver() { export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$receiver_port; }

# hook_hit: runs both hooks for an image that the agent has
hook_hit() {
    run_job
    expect_outcome local-hit
}

# hit: gets the same image with `docker-cache run`, which waits for the server in any case. Sets `errors`, and `took`,
# in milliseconds.
hit() {
    local from=${EPOCHREALTIME/[.,]/}
    "$DOCKER_CACHE_BIN" run --image "$image" --provider local --index "$index" >"$BATS_TEST_TMPDIR/run-output" \
        2>"$BATS_TEST_TMPDIR/run-errors" 3>&-
    took=$(((${EPOCHREALTIME/[.,]/} - from) / 1000))
    errors=$(cat "$BATS_TEST_TMPDIR/run-errors")
    expect_text "$(cat "$BATS_TEST_TMPDIR/run-output")" '^docker-cache: local hit '
}

# failure_is_kept: whether the index has the failure of a report that a hook did not wait for
failure_is_kept() { [ -n "$(query "SELECT answer FROM provider_answers WHERE question = 'telemetry failure'")" ]; }

# expect_told PATTERN: the last hit's errors, or those of the next one if its hook did not wait, say that
expect_told() {
    if [ "$(notices)" -eq 0 ]; then
        wait_until failure_is_kept
        unset OTEL_EXPORTER_OTLP_CERTIFICATE
        send_to_receiver
        hook_hit
        expect_text "$errors" 'docker-cache: An earlier lookup was not reported\.'
    fi
    expect_text "$errors" "$1"
}

# notices: the number of lines in the last job's errors about a lookup that was not reported
notices() { grep -c 'is not reported' <<<"$errors" || true; }

@test "a lookup is one span below the job's, with a span for each stage and the words of the log" {
    start_receiver
    send_to_receiver
    export TRACEPARENT=00-$trace-$parent-01 TRACESTATE=vendor=x
    before=$(date +%s%N)
    run_job
    after=$(date +%s%N)
    expect_outcome miss
    expect "$(requests)" 1 requests
    expect "$(received 'last | .error')" null 'what the definitions say'
    expect "$(received 'last | .path')" /v1/traces path
    expect "$(received 'last | .headers["Content-Type"]')" application/x-protobuf type
    expect_text "$(received 'last | .headers["User-Agent"]')" '^docker-cache/[0-9]'

    expect "$(span '[.name, .trace, .parent, .state, .kind, .flags] | join(" ")')" \
        "docker-cache $trace $parent vendor=x 1 769" span
    expect "$(span '.status | length')" 0 status
    expect "$(span '.resource["service.name"], .scope[0]' | tr '\n' ' ')" 'docker-cache docker-cache ' resource
    expect "$(span '.attributes | del(.["docker_cache.bytes"], .["docker_cache.context_bytes_read"])' | jq -S .)" \
        "$(jq -nS --arg image "$image" --arg key "$key" '{
            "docker_cache.outcome": "miss", "docker_cache.hit": false, "docker_cache.reason": "new-key",
            "docker_cache.exit_status": 0, "docker_cache.image": $image, "docker_cache.provider": "local",
            "docker_cache.key": $key,
            "buildkite.organization.slug": "acme", "buildkite.pipeline.slug": "shop", "buildkite.branch": "main",
            "buildkite.queue": "linux", "buildkite.agent": "agent-1", "buildkite.agent.id": "agent-id",
            "buildkite.build.id": "build", "buildkite.build.number": "7", "buildkite.job.id": "job",
            "buildkite.job.label": "Test", "buildkite.job.key": "test" }')" attributes
    [ "$(span '.attributes["docker_cache.bytes"]')" -gt 1000 ]

    expect "$(received '[last.spans[1:][].name] | unique | join(", ")')" \
        'docker-cache build, docker-cache fingerprint' stages
    expect "$(received 'last | [.spans[0].id, (.spans[1:][].parent)] | unique | length')" 1 'what is above the stages'
    expect "$(received 'last | [.spans[].id] | (unique | length) == length')" true 'names of spans'
    # jq expands the dollar sign.
    # shellcheck disable=SC2016
    expect "$(received 'last | .spans[0] as $whole | all(.spans[];
        .start >= $whole.start and .end <= $whole.end and .start <= .end and .trace == $whole.trace)')" true times
    expect "$(jq -s --argjson before "$before" --argjson after "$after" \
        'last.spans[0] | .start > $before - 1e6 and .end < $after and .end - .start > 1e7' "$receiver/requests")" \
        true 'the time of the lookup'

    hit
    expect "$(span '.attributes | [.["docker_cache.outcome"], .["docker_cache.hit"], .["docker_cache.reason"]] |
        @csv')" '"local-hit",true,' 'attributes of a hit'
    [ "$(span '.attributes["docker_cache.saved_ms"]')" -ge 0 ]
}

@test "a hit in the registry on an agent without an index is reported too, and a failed build as an error" {
    start_receiver
    send_to_receiver
    use_registry
    run_job
    expect_outcome miss
    another_agent
    option INDEX /proc/no-index.db
    run_job
    expect_outcome registry-hit
    expect "$(span '.attributes | [.["docker_cache.outcome"], .["docker_cache.provider"]] | join(" ")')" \
        'registry-hit registry' attributes
    expect_text "$(received '[last.spans[].name] | join(", ")')" 'docker-cache pull'
    expect "$(received '[.[].spans[0].trace] | unique | length')" 2 'traces without one above'
    expect "$(span '.parent')" '' parent

    echo 'RUN exit 7' >>Dockerfile
    run_job
    # The builder's status: the legacy builder ends with the status of the command.
    [ "$status" -ne 0 ] || fail 'the build did not fail'
    expect "$(span '[.status.code, .status.message, .attributes["docker_cache.failure"]] | join(" ")')" \
        'STATUS_CODE_ERROR build-failed build-failed' status
    expect "$(span '.attributes["docker_cache.exit_status"]')" "$status" 'exit status'
}

@test "a cancelled lookup is reported as such" {
    start_receiver
    send_to_receiver
    touch "$BATS_TEST_TMPDIR/hold"
    "$DOCKER_CACHE_BIN" run --image "$image" --provider local --index "$index" >"$BATS_TEST_TMPDIR/output" \
        2>"$BATS_TEST_TMPDIR/errors" 3>&- &
    local lookup=$! status=0
    wait_until grep -Eq '^(buildx )?build ' "$docker_calls"
    kill -TERM "$lookup"
    wait "$lookup" || status=$?
    expect "$status" 143 status
    expect "$(requests)" 1 requests
    expect "$(span '[.status.code, .attributes["docker_cache.failure"], .attributes["docker_cache.reason"]] |
        join(" ")')" \
        'STATUS_CODE_ERROR cancelled new-key' attributes
}

@test "headers, names and a certificate are those of the specification, and headers are seen nowhere else" {
    start_secure_receiver
    export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://127.0.0.1:$receiver_port/tenant/v1/traces
    export OTEL_EXPORTER_OTLP_HEADERS='Authorization=Bearer%20hush-hush,X-Tenant=a'
    export OTEL_SERVICE_NAME=images OTEL_RESOURCE_ATTRIBUTES='deployment.environment=eu%20west'
    option VERBOSE true
    run_job
    expect_outcome miss
    expect "$(requests)" 0 'requests without a certificate'
    expect_text "$errors" "is not reported\. https://127\.0\.0\.1:$receiver_port did not take spans: .*certificate"
    expect "$(notices)" 1 notices

    export OTEL_EXPORTER_OTLP_CERTIFICATE=$BATS_TEST_TMPDIR/authority.pem
    hit
    expect "$(notices)" 0 notices
    expect "$(received 'last | .path')" /tenant/v1/traces path
    expect "$(received 'last.headers | .Authorization + " " + .["X-Tenant"]')" 'Bearer hush-hush a' headers
    expect "$(span '.resource | [.["service.name"], .["deployment.environment"]] | join(" ")')" 'images eu west' names
    OTEL_EXPORTER_OTLP_CERTIFICATE=/no/such.pem
    hit
    expect "$(notices)" 1 notices
    expect_text "$errors" 'its certificate, /no/such.pem, cannot be read'
    mood refuse
    OTEL_EXPORTER_OTLP_CERTIFICATE=$BATS_TEST_TMPDIR/authority.pem
    hit
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    if grep -rF hush "$BATS_TEST_TMPDIR"/{hook-*/{output,errors},run-*} "$(dirname "$index")" "$docker_calls"; then
        fail 'a header is there'
    fi
    if grep -F hush <<<"$output"; then fail 'doctor shows a header'; fi
}

# meet_trouble ORIGIN: lookups while the receiver at ORIGIN does not accept spans
meet_trouble() {
    run_job
    expect_outcome miss
    hit
    usual=$took
    while IFS='~' read -r what pattern; do
        mood "$what"
        hit
        expect "$(notices)" 1 "notices of $what"
        expect_text "$errors" "docker-cache: The lookup is not reported\. ${1//./\\.} $pattern"
        # The limit is a second. The rest is for a busy machine.
        [ "$((took - usual))" -lt 5000 ] || fail "$what: $took ms, and $usual with a server that takes spans"
    done <<'TABLE'
hang~did not take spans: no answer in time\.
drip~did not take spans: no answer in time\.
refuse~did not take spans: it answered with status 503\.
reset~did not take spans: the connection ended
page~did not take spans: it answered with a page
redirect~did not take spans: it answered with status 302\.
reject~did not take spans: it rejected 2 of the spans\.
TABLE
    expect "$(received '[.[].path] | unique | join(" ")')" /v1/traces 'where a redirect led'
    # A connection made ahead of time that is lost before there is something to send.
    mood reset_once
    hit
    expect "$(notices)" 0 'notices of a connection that is lost once'
    end_receiver
    hit
    expect "$(notices)" 1 'notices of a server that is gone'
    expect_text "$errors" 'did not take spans: no connection'
}

@test "a collector that hangs, drips, refuses, resets, redirects or answers with a page costs a second and one notice" {
    start_receiver
    send_to_receiver
    meet_trouble "http://127.0.0.1:$receiver_port"
    start_receiver
    OTEL_EXPORTER_OTLP_ENDPOINT=http://no-such-host.invalid:4318 hook_hit
    expect_told 'did not take spans: the name no-such-host.invalid is not known'
}

@test "the same over TLS" {
    start_secure_receiver
    export OTEL_EXPORTER_OTLP_ENDPOINT=https://127.0.0.1:$receiver_port
    export OTEL_EXPORTER_OTLP_CERTIFICATE=$BATS_TEST_TMPDIR/authority.pem
    meet_trouble "$OTEL_EXPORTER_OTLP_ENDPOINT"
    start_receiver
    OTEL_EXPORTER_OTLP_ENDPOINT=https://no-such-host.invalid:4318 hook_hit
    expect_told 'https://no-such-host\.invalid:4318 did not take spans: '
}

@test "the step's variables are complete before anything is sent" {
    start_receiver
    run_job
    expect_outcome miss
    send_to_receiver
    mood hang
    local exports=$BATS_TEST_TMPDIR/exports lookup sent=''
    "$DOCKER_CACHE_BIN" hook pre-command --exports "$exports" >/dev/null 2>&1 3>&- &
    lookup=$!
    wait_until has_requests 1
    if kill -0 "$lookup"; then sent=$(cat "$exports"); fi
    wait "$lookup"
    expect "$sent" "$(cat "$exports")" 'variables while the server is waited for'
    expect_text "$sent" BUILDKITE_PLUGIN_DOCKER_IMAGE
}

@test "a hit does not wait for a collector that is far away, and its spans arrive" {
    start_secure_receiver
    export OTEL_EXPORTER_OTLP_ENDPOINT=https://127.0.0.1:$receiver_port
    export OTEL_EXPORTER_OTLP_CERTIFICATE=$BATS_TEST_TMPDIR/authority.pem
    run_job
    expect_outcome miss
    expect "$(requests)" 1 requests
    # The TLS handshake has not ended when the hit has. From then on, the time limit is the user's.
    mood late
    OTEL_EXPORTER_OTLP_TIMEOUT=60000 hook_hit
    expect "$(notices)" 0 notices
    expect "$(requests)" 1 'requests when the hook has ended'
    mood take
    wait_until has_requests 2
    expect "$(span '.attributes["docker_cache.outcome"]')" local-hit outcome

    mood late
    OTEL_EXPORTER_OTLP_TIMEOUT=100 hook_hit
    expect "$(notices)" 0 'notices of what nothing waited for'
    wait_until failure_is_kept
    mood take
    hook_hit
    expect_text "$errors" \
        "docker-cache: An earlier lookup was not reported\. ${OTEL_EXPORTER_OTLP_ENDPOINT//./\\.} did not take spans"
    hook_hit
    if grep -F 'An earlier lookup' <<<"$errors"; then fail 'it is said twice'; fi
    # At a terminal, and in another CI's container, the processes of a command may end with it.
    mood late
    "$DOCKER_CACHE_BIN" run --image "$image" --provider local --index "$index" >/dev/null 2>"$BATS_TEST_TMPDIR/late"
    expect_text "$(cat "$BATS_TEST_TMPDIR/late")" 'The lookup is not reported\.'
}

@test "a proxy that hangs costs no more than the collector would" {
    need_definitions
    run_job
    expect_outcome miss
    # It accepts connections, and sends nothing.
    mkfifo "$BATS_TEST_TMPDIR/proxy-input"
    "$test_python" -c 'import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()' <"$BATS_TEST_TMPDIR/proxy-input" >"$BATS_TEST_TMPDIR/proxy-port" 3>&- &
    exec {proxy_input}>"$BATS_TEST_TMPDIR/proxy-input"
    wait_until test -s "$BATS_TEST_TMPDIR/proxy-port"
    export OTEL_EXPORTER_OTLP_ENDPOINT=https://collector.invalid:4318
    OTEL_EXPORTER_OTLP_TIMEOUT=1000 HTTPS_PROXY=http://127.0.0.1:$(cat "$BATS_TEST_TMPDIR/proxy-port") hook_hit
    expect "$(notices)" 0 'notices of what nothing waited for'
    wait_until failure_is_kept
    exec {proxy_input}>&-
    start_receiver
    expect_told 'https://collector\.invalid:4318 did not take spans: no answer in time'
}

@test "attributes that cannot be read are left out, and one line says so" {
    start_receiver
    send_to_receiver
    # A certificate is for https only.
    export OTEL_EXPORTER_OTLP_CERTIFICATE=/no/such.pem
    OTEL_RESOURCE_ATTRIBUTES='no list' run_job
    expect_outcome miss
    expect_text "$errors" 'The value of OTEL_RESOURCE_ATTRIBUTES is not used'
    expect "$(requests)" 1 requests
}

@test "where no variable names a protocol, a port that may be one for gRPC gets advice" {
    start_receiver
    send_to_receiver
    run_job
    expect_outcome miss
    mood reset
    hit
    expect_text "$errors" 'the connection ended.*\. Correct OTEL_EXPORTER_OTLP_ENDPOINT, .* If it takes gRPC there'
    expect "$(notices)" 1 notices
    mood gateway
    hit
    expect_text "$errors" 'it answered with status 415.*\. If it takes gRPC there'
    # What answers over HTTP takes no gRPC.
    mood refuse
    hit
    expect "$(grep -c gRPC <<<"$errors")" 0 'lines about gRPC'
}

@test "with gRPC, spans go to an endpoint for HTTP if one is known, and else one line and doctor say what to set" {
    start_receiver
    run_job
    expect_outcome miss
    export OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$receiver_port
    hit
    expect "$(notices)" 1 notices
    expect_text "$errors" '_ENDPOINT is one for gRPC.*OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf'
    expect "$(requests)" 0 requests
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect_text "$output" 'warning *telemetry .*is one for gRPC.*Set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf'
    export OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:$receiver_port/v1/traces
    hit
    expect "$(notices)" 0 notices
    expect "$(requests)" 1 requests
}

@test "doctor says where spans go, and whether they are taken there" {
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect_text "$output" 'skipped *telemetry .*no variable names a server for spans'
    start_receiver
    send_to_receiver
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect_text "$output" "telemetry .*http://127.0.0.1:$receiver_port takes spans"
    expect "$(received 'last.spans | length')" 0 'spans that doctor sends'
    mood page
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect_text "$output" 'warning *telemetry .*it answered with a page'
}

@test "without a server for spans, or where they are switched off, nothing is connected to" {
    type -P strace >/dev/null || skip 'there is no strace; script/setup --with-test-services installs it'
    start_receiver
    run_job
    expect_outcome miss
    traced() {
        strace -f -qq -e trace=connect,clone,clone3,openat -o "$BATS_TEST_TMPDIR/trace" \
            "$DOCKER_CACHE_BIN" run --image "$image" --provider local --index "$index" >/dev/null
        internet=$(grep -c AF_INET "$BATS_TEST_TMPDIR/trace" || true)
        certificates=$(grep -cE 'openat.*(\.pem|\.crt|/certs)' "$BATS_TEST_TMPDIR/trace" || true)
    }
    traced
    expect "$internet" 0 connections
    expect "$certificates" 0 'files with certificates'
    send_to_receiver
    traced
    expect "$internet" 1 'connections of one that is reported'
    for variable in OTEL_SDK_DISABLED=true OTEL_TRACES_EXPORTER=none TRACEPARENT="00-$trace-$parent-00"; do
        export "${variable?}"
        traced
        expect "$internet" 0 "connections with $variable"
        unset "${variable%%=*}"
    done
    expect "$(requests)" 1 requests
}
