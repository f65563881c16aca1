#!/usr/bin/env bats
#
# How a command treats standard output and the files that it writes.
#
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    run_job
    expect_outcome miss
}

teardown() { end_to_end_teardown; }

# each_result COMMAND...: runs it with every command that prints a result to standard output, and --index
each_result() {
    local command
    while IFS= read -r command; do
        # shellcheck disable=SC2086
        "$@" $command
    done <<COMMANDS
list --index $index
list --index $index --format json
key --index $index
context --index $index
inspect --index $index $key
explain --index $index
stats --index $index
gc --index $index --dry-run
doctor --index $index
manual
COMMANDS
}

fails_on_full_device() {
    local status=0 said
    said=$("$DOCKER_CACHE_TEST_BIN" "$@" 2>&1 >/dev/full) || status=$?
    expect "$status" 1 "status of $*"
    expect_text "$said" 'The result could not be written to standard output: No space left on device'
}

ends_quietly_without_reader() {
    local -a status
    "$DOCKER_CACHE_TEST_BIN" "$@" 2>"$BATS_TEST_TMPDIR/said" | true
    status=("${PIPESTATUS[@]}")
    case ${status[0]} in 0 | 141) ;; *) fail "status of $*: ${status[0]}" ;; esac
    run ! grep -F 'standard output' "$BATS_TEST_TMPDIR/said"
}

@test "a result that cannot be written is a failure, for every command" { each_result fails_on_full_device; }

@test "a reader that has gone ends a command quietly" { each_result ends_quietly_without_reader; }

@test "exports go through what is not a regular file" {
    mkfifo exports
    "$DOCKER_CACHE_TEST_BIN" run --image "$image" --provider local --index "$index" --exports exports >/dev/null &
    grep -q '^export BUILDKITE_PLUGIN_DOCKER_CACHE' exports || fail 'nothing came through the FIFO'
    wait $!
    [ -p exports ] || fail 'the FIFO is gone'

    ln -s somewhere link
    "$DOCKER_CACHE_TEST_BIN" run --image "$image" --provider local --index "$index" --exports link >/dev/null
    [ -L link ] || fail 'the link is gone'
    grep -q '^export BUILDKITE_PLUGIN_DOCKER_CACHE' somewhere || fail 'nothing is where the link leads'

    echo before >log
    "$DOCKER_CACHE_TEST_BIN" run --image "$image" --provider local --index "$index" --exports /dev/stdout >>log
    expect "$(head -1 log)" before 'what was there'
    grep -q '^export BUILDKITE_PLUGIN_DOCKER_CACHE' log || fail 'nothing is on standard output'
    [ -L /dev/stdout ] || fail '/dev/stdout is no link any more'
}
