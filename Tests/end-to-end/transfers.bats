#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Pulls and pushes that stall: they are stopped, and the step continues.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    # Large enough to be recognized as a layer.
    head -c 200000 /dev/urandom >random.bin
    sed -i '/^COPY content.txt/a COPY random.bin /random.bin' Dockerfile
    use_trickling_registry
}

teardown() {
    if [ -n "${proxy_input:-}" ]; then exec {proxy_input}>&-; fi
    if [ -n "${proxy:-}" ]; then wait "$proxy" || true; fi
    end_to_end_teardown
}

use_trickling_registry() {
    trickle nothing
    mkfifo "$BATS_TEST_TMPDIR/proxy-input"
    "$BATS_TEST_DIRNAME/trickling_registry.py" \
        "$registry" "$BATS_TEST_TMPDIR/proxy-log" "$BATS_TEST_TMPDIR/proxy-mode" \
        <"$BATS_TEST_TMPDIR/proxy-input" >"$BATS_TEST_TMPDIR/proxy-port" 2>"$BATS_TEST_TMPDIR/proxy-errors" 3>&- &
    proxy=$!
    exec {proxy_input}>"$BATS_TEST_TMPDIR/proxy-input"
    wait_until test -s "$BATS_TEST_TMPDIR/proxy-port"
    use_registry "127.0.0.1:$(cat "$BATS_TEST_TMPDIR/proxy-port")"
}

# trickle head|body|upload|nothing
trickle() { echo "$1" >"$BATS_TEST_TMPDIR/proxy-mode"; }

# The image is in the registry, and this agent does not know about it. It has only one layer, which is not in the
# builder's cache. Otherwise there would be nothing to pull.
save_and_forget() {
    run_job
    expect_outcome miss
    run ! grep warning <<<"$errors"
    local container saved=$registry/$image:cache-$key changes=()
    mapfile -t changes < <(
        docker image inspect --format '{{range $name, $value := .Config.Labels}}--change
LABEL {{$name}}={{$value}}
{{end}}' "$image:$key" | grep .
    )
    container=$(docker create "$image:$key" true)
    docker export "$container" | docker import "${changes[@]}" - "$saved" >/dev/null
    docker rm "$container" >/dev/null
    docker push --quiet "$saved" >/dev/null
    forget_images
    use_index "$BATS_TEST_TMPDIR/second/index.db"
    : >"$docker_calls"
    option STALL_TIMEOUT_SECONDS 2
}

has_hung_up() { grep -q 'hung up' "$BATS_TEST_TMPDIR/proxy-log"; }

# bats test_tags=core
@test "a layer that trickles: the pull is stopped, and the image is built" {
    save_and_forget
    trickle body
    run_job
    expect_outcome miss
    expect_text "$errors" 'docker pull .* made no progress for 2 seconds and was stopped.*stall-timeout-seconds'
    expect "$(query 'SELECT reason FROM events')" registry-unreachable reason
    expect "$(builds)" 1 builds
    wait_until has_hung_up
}

@test "an answer whose head trickles: the pull is stopped, and the image is built" {
    save_and_forget
    trickle head
    run_job
    expect_outcome miss
    expect_text "$errors" 'docker pull .* made no progress for 2 seconds and was stopped'
    wait_until has_hung_up
}

@test "a pull that is stopped, with on-error: fail: the step stops" {
    save_and_forget
    option ON_ERROR fail
    trickle body
    run_job
    expect_failure 1 'docker pull .* made no progress for 2 seconds'
    expect "$(builds)" 0 builds
}

# bats test_tags=core
@test "an upload that trickles: the push is stopped, and the step has its image" {
    trickle upload
    option STALL_TIMEOUT_SECONDS 2
    run_job
    expect_outcome miss
    expect_text "$errors" 'warning: The image could not be saved as .*docker push .* made no progress for 2 seconds'
    expect_text "$errors" 'The step uses the local image'

    trickle nothing
    run_job
    expect_outcome local-hit
}

@test "a push that takes longer than it may, with on-error: fail: the step stops" {
    trickle upload
    option PUSH_TIMEOUT_SECONDS 2
    option ON_ERROR fail
    run_job
    expect_failure 1 'docker push .* did not end within 2 seconds and was stopped.*push-timeout-seconds'
}

@test "a job that is cancelled while it pulls ends at once" {
    save_and_forget
    trickle body
    option STALL_TIMEOUT_SECONDS 300
    "$DOCKER_CACHE_BIN" hook pre-command --exports /dev/null \
        >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/errors" 3>&- &
    local lookup=$!
    wait_until grep -q trickles "$BATS_TEST_TMPDIR/proxy-log"
    kill -TERM "$lookup"
    local status=0
    wait "$lookup" || status=$?
    expect "$status" 143 status
    wait_until has_hung_up
}

@test "a docker that does not lead to the Engine's API: its own command pulls and pushes" {
    mkdir "$BATS_TEST_TMPDIR/wrapper"
    cat >"$BATS_TEST_TMPDIR/wrapper/docker" <<WRAPPER
#!/bin/sh
if [ "\$1" = system ]; then echo 'docker: system is not allowed here' >&2; exit 1; fi
exec '$BATS_TEST_TMPDIR/watch/docker' "\$@"
WRAPPER
    chmod +x "$BATS_TEST_TMPDIR/wrapper/docker"
    PATH=$BATS_TEST_TMPDIR/wrapper:$PATH
    save_and_forget
    run_job
    expect_outcome registry-hit
    run ! grep warning <<<"$errors"
    expect "$(calls '^pull ')" 1 pulls
}

@test "who waits for another lookup is told what that one does" {
    touch "$BATS_TEST_TMPDIR/hold"
    "$DOCKER_CACHE_BIN" hook pre-command --exports /dev/null >"$BATS_TEST_TMPDIR/first" 2>&1 3>&- &
    local first=$!
    wait_until grep -qE '^(buildx )?build ' "$docker_calls"
    "$DOCKER_CACHE_BIN" hook pre-command --exports /dev/null >"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
    local second=$!
    wait_until grep -q 'Waiting for another process' "$BATS_TEST_TMPDIR/second"
    rm "$BATS_TEST_TMPDIR/hold"
    wait "$first"
    wait "$second"
    expect_text "$(cat "$BATS_TEST_TMPDIR/second")" \
        'Waiting for another process on this host .* For [0-9]+ s it has been building the image\.'
    expect "$(builds)" 1 builds
}
