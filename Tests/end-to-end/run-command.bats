#!/usr/bin/env bats
#
# `docker-cache run … -- COMMAND`: the command in the image, on a terminal and in a script.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    arguments=(--image "$image" --provider local --index "$index")
}

teardown() { end_to_end_teardown; }

# On a busy machine the output of a container that ends at once can get lost, so these commands sleep at the end.
run_in_image() { "$DOCKER_CACHE_TEST_BIN" run "${arguments[@]}" "$@"; }

has_container() { [ -n "$(containers)" ]; }

has_no_container() { [ -z "$(containers)" ]; }

containers() { docker container ls --all --quiet --filter "ancestor=$image:$key"; }

@test "the status is that of the command, and no container is left" {
    run -3 run_in_image -- sh -c 'sleep 1; exit 3'
    key=$(query 'SELECT key FROM entries')
    expect "$(containers)" '' containers
    # Docker's status for a command that does not exist.
    run -127 run_in_image -- no-such-command
}

@test "the command gets the input, the arguments and the working directory as they are given" {
    run -0 run_in_image --workdir /tmp -- sh -c 'pwd; cat; printf "<%s>" "$@"; sleep 1' sh 'two words' '$NAME' '' \
        <<<'from outside'
    expect_text "$output" $'/tmp\nfrom outside\n<two words><\\$NAME><>'
}

@test "a signal ends the command, which decides the status" {
    run -0 run_in_image
    key=$(query 'SELECT key FROM entries')
    # Not in a function, which would run in another process.
    "$DOCKER_CACHE_TEST_BIN" run "${arguments[@]}" -- sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done' 3>&- &
    local running=$! status=0
    wait_until has_container
    # By then, the shell in the container has set its trap.
    sleep 1
    kill -TERM "$running"
    wait "$running" || status=$?
    expect "$status" 7 status
    wait_until has_no_container
}

@test "at a terminal the command has one, and in a script it has none" {
    printf '#!/bin/sh\nexec %q run --image %q --provider local --index %q -- %s\n' "$DOCKER_CACHE_TEST_BIN" "$image" \
        "$index" "sh -c 'test -t 0 && test -t 1 && echo has a terminal; sleep 1'" >"$BATS_TEST_TMPDIR/script"
    chmod +x "$BATS_TEST_TMPDIR/script"
    "$BATS_TEST_DIRNAME/on_terminal.py" "$BATS_TEST_TMPDIR/script" "$BATS_TEST_TMPDIR/output"
    expect_text "$(cat "$BATS_TEST_TMPDIR/output")" 'has a terminal'
    run -0 run_in_image -- sh -c 'test -t 0 || test -t 1 || echo has none; sleep 1' </dev/null
    expect_text "$output" 'has none'
}

@test "a command is not run if there is no image" {
    echo 'RUN false' >>Dockerfile
    run -1 run_in_image -- touch /tmp/made
    expect_text "$output" 'The build failed with status 1'
}
