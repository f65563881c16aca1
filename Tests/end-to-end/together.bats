#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Several jobs on one host look up the same image at the same time.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    cp -R . ../second-checkout
    touch "$BATS_TEST_TMPDIR/hold"
}

teardown() {
    local pid
    end_to_end_teardown
    for pid in "${jobs[@]}"; do kill -KILL -- "-$pid" 2>/dev/null || true; done
}

jobs=()

# start_job NAME DIRECTORY: runs pre-command in the background, in a new process group
start_job() {
    agent_script "$BATS_TEST_TMPDIR/$1" pre-command
    local job=$BATS_TEST_TMPDIR/$1
    (cd "$2" && exec setsid "$job/script" >"$job/output" 2>"$job/errors" 3>&-) &
    jobs+=($!)
    eval "$1=$!"
}

# end_job NAME PID
end_job() {
    status=0
    wait "$2" || status=$?
    read_hook "$BATS_TEST_TMPDIR/$1"
    key=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_KEY]:-}
}

is_building() { [ "$(builds)" -ge "$1" ]; }

is_waiting() { grep -qi 'waiting' "$BATS_TEST_TMPDIR/$1/output"; }

# bats test_tags=core
@test "two jobs at once: one builds, the other waits, says so, and takes the result" {
    start_job first .
    wait_until is_building 1
    start_job second ../second-checkout
    wait_until is_waiting second
    expect "$(builds)" 1 builds
    rm "$BATS_TEST_TMPDIR/hold"
    end_job first "$first"
    expect_outcome miss
    end_job second "$second"
    expect_outcome local-hit
    expect "$(builds)" 1 builds
    grep -q "$image" <<<"$(grep -i waiting <<<"$output")"
}

@test "a builder that is killed frees the one that waits, which then builds" {
    start_job first .
    wait_until is_building 1
    start_job second ../second-checkout
    wait_until is_waiting second
    kill -KILL -- "-$first"
    wait_until is_building 2
    rm "$BATS_TEST_TMPDIR/hold"
    end_job second "$second"
    expect_outcome miss
}

@test "a job that is cancelled while it builds leaves no process and no entry" {
    start_job first .
    wait_until is_building 1
    kill -TERM -- "-$first"
    rm "$BATS_TEST_TMPDIR/hold"
    end_job first "$first"
    [ "$status" -ne 0 ] || fail "a cancelled job succeeded"
    wait_until nothing_runs "$first"
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
}

nothing_runs() { ! pgrep -g "$1" >/dev/null; }

@test "different keys do not wait for each other" {
    echo other >../second-checkout/content.txt
    start_job first .
    wait_until is_building 1
    start_job second ../second-checkout
    wait_until is_building 2
    rm "$BATS_TEST_TMPDIR/hold"
    end_job first "$first"
    expect_outcome miss
    cd ../second-checkout
    end_job second "$second"
    expect_outcome miss
}
