#!/usr/bin/env bats
#
# A cancelled job, on a pseudo-terminal, as the agent runs hooks.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }
teardown() { end_to_end_teardown; }

# on_terminal NAME [MILLISECONDS SIGNAL]: runs pre-command on a new terminal, and cancels it after MILLISECONDS
on_terminal() {
    local directory=$BATS_TEST_TMPDIR/$1
    shift
    agent_script "$directory" pre-command
    status=0
    "$BATS_TEST_DIRNAME/on_terminal.py" "$directory/script" "$directory/output" "$@" || status=$?
    : >"$directory/errors"
    read_hook "$directory"
}

# A job may leave no files and no processes.
expect_nothing_left() {
    expect "$(find "$TMPDIR" -mindepth 1 -name 'docker-cache*' | tr '\n' ' ')" '' "what is left in TMPDIR after $1"
    expect "$(pgrep -f "$image" | tr '\n' ' ')" '' "processes after $1"
}

@test "cancelled at any moment, a job leaves nothing behind and records its event" {
    local cancels=${DOCKER_CACHE_TEST_CANCELS:-12} seed=${DOCKER_CACHE_TEST_SEED:-$RANDOM} round signal delay whole
    local lookups
    RANDOM=$seed
    echo "seed $seed, $cancels cancels"
    use_registry
    printf 'RUN sleep 0.3; echo "%s" >/last\n' "$image" >>Dockerfile
    whole=$(date +%s%3N)
    on_terminal whole
    whole=$(($(date +%s%3N) - whole))
    expect "$status" 0 status
    for ((round = 1; round <= cancels; round++)); do
        case $((RANDOM % 3)) in 0) signal=TERM ;; 1) signal=INT ;; 2) signal=QUIT ;; esac
        delay=$((RANDOM % whole))
        # In every fourth round the image is in the registry, and in another fourth another job is building it.
        case $((round % 4)) in
            0) another_agent_image ;;
            2) echo "$round" >content.txt && job_that_builds "round-$round-first" ;;
            *) echo "$round" >content.txt ;;
        esac
        on_terminal "round-$round" "$delay" "$signal"
        if [ $((round % 4)) -eq 2 ]; then
            rm "$BATS_TEST_TMPDIR/hold"
            wait "$other_job"
        fi
        expect_nothing_left "round $round, $signal after $delay ms of $whole (seed $seed)"
        lookups=$(cat "$BATS_TEST_TMPDIR"/whole/output "$BATS_TEST_TMPDIR"/round-*/output \
            | grep -c -- '--- :docker: docker-cache ')
        expect "$(query 'SELECT count(*) FROM events')" "$lookups" \
            "events after round $round, $signal after $delay ms (seed $seed)"
    done
    on_terminal after
    expect "$status" 0 'status of a job that nobody cancels'
}

# job_that_builds NAME: another job, whose build runs until the file `hold` is removed. Returns during the build.
job_that_builds() {
    before=$(builds)
    touch "$BATS_TEST_TMPDIR/hold"
    agent_script "$BATS_TEST_TMPDIR/$1" pre-command
    setsid "$BATS_TEST_TMPDIR/$1/script" >"$BATS_TEST_TMPDIR/$1/output" 2>"$BATS_TEST_TMPDIR/$1/errors" 3>&- &
    other_job=$!
    # shellcheck disable=SC2317
    builds_more() { [ "$(builds)" -gt "$before" ]; }
    wait_until builds_more
}

# The registry has the image, but the daemon and the index do not.
another_agent_image() {
    forget_images
    sqlite3 "$index" 'DELETE FROM entries'
}
