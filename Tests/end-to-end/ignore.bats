#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Ignore files and Dockerfiles that are links: the key depends on what the builder reads.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    option KEY_INPUTS context
    printf 'FROM docker-cache-test/busybox\nCOPY . /all\nRUN cp /all/content.txt / && ls /all >/names.txt\n' >Dockerfile
    rm .dockerignore
    echo "$image" >one.txt
    echo "$image" >two.txt
}
teardown() { end_to_end_teardown; }

# counts NAME: a change to it gives another image; does_not_count NAME: it does not, and the file is not in the image.
counts() {
    local before=$key
    file_in_image names.txt | grep -qx "$1" || fail "$1 is not in the image"
    echo changed >>"$1"
    run_job
    expect_outcome miss
    [ "$key" != "$before" ] || fail "the key is still $key"
}
does_not_count() {
    local before=$key
    ! file_in_image names.txt | grep -qx "$1" || fail "$1 is in the image"
    echo changed >>"$1"
    run_job
    expect_outcome local-hit
    expect "$key" "$before" key
}

@test "BuildKit does not follow a link out of the directory, relative or absolute" {
    only_with_buildkit
    echo one.txt >../outside
    local target
    for target in ../outside "$BATS_TEST_TMPDIR/outside"; do
        ln -sfn "$target" .dockerignore
        run_job
        expect_outcome miss
        counts one.txt
    done
}

# bats test_tags=core
@test "BuildKit follows a link as if the directory were the root" {
    only_with_buildkit
    echo one.txt >../outside
    echo two.txt >outside
    local target
    for target in ../outside /outside; do
        ln -sfn "$target" .dockerignore
        run_job
        expect_outcome miss
        counts one.txt
        does_not_count two.txt
    done
    echo '' >outside
    run_job
    expect_outcome miss
    counts two.txt
}

@test "the ignore file of the Dockerfile is followed in the same way" {
    only_with_buildkit
    echo one.txt >../outside
    ln -s ../outside Dockerfile.dockerignore
    echo two.txt >.dockerignore
    run_job
    expect_outcome miss
    counts one.txt
    does_not_count two.txt
    echo one.txt >outside
    run_job
    expect_outcome miss
    does_not_count one.txt
    counts two.txt
}

# bats test_tags=core
@test "the legacy builder follows a link wherever it leads" {
    only_on 'has the legacy builder' 20.10-legacy
    echo one.txt >../outside
    echo two.txt >outside
    local target
    for target in ../outside "$BATS_TEST_TMPDIR/outside"; do
        ln -sfn "$target" .dockerignore
        run_job
        expect_outcome miss
        does_not_count one.txt
        counts two.txt
    done
}

@test "a Dockerfile that is a link is the one that BuildKit reads" {
    only_with_buildkit
    option KEY_INPUTS copied
    mv Dockerfile ../outside
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt one.txt /\nRUN echo one.txt >/names.txt\n' >outside
    ln -s ../outside Dockerfile
    run_job
    expect_outcome miss
    file_in_image one.txt
    echo 'RUN echo changed >>/names.txt' >>outside
    run_job
    expect_outcome miss
    expect "$(file_in_image names.txt | tail -1)" changed
}

@test "a named context has the ignore file at its root" {
    only_with_buildx
    mkdir ../named
    echo 'one' >../named/one.txt
    echo 'two' >../named/two.txt
    echo one.txt >../named/.dockerignore
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nCOPY --from=named . /all\nRUN ls /all >/names.txt\n' \
        >Dockerfile
    option ADDITIONAL_BUILD_ARGS "--build-context named=$BATS_TEST_TMPDIR/named"
    run_job
    expect_outcome miss
    local first=$key
    expect "$(file_in_image names.txt)" two.txt
    echo changed >../named/one.txt
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    echo changed >../named/two.txt
    run_job
    expect_outcome miss
    cp -a ../named ../elsewhere
    option ADDITIONAL_BUILD_ARGS "--build-context=named=$BATS_TEST_TMPDIR/elsewhere"
    run_job
    expect_outcome local-hit
}

# No image with another frontend is available. Keys are computed without one.
@test "another frontend may read what is ignored, and what lies beside the Dockerfile" {
    only_with_buildkit
    mkdir ../beside
    mv Dockerfile ../beside
    echo secret.txt >.dockerignore
    key_with() { "$DOCKER_CACHE_BIN" key --index "$index" --dockerfile ../beside/Dockerfile "$@"; }
    local before argument
    argument=$(key_with --build-arg BUILDKIT_SYNTAX=example.com/front)
    before=$(key_with)
    echo one >secret.txt
    echo one >../beside/note.txt
    expect "$(key_with)" "$before" key
    [ "$(key_with --build-arg BUILDKIT_SYNTAX=example.com/front)" != "$argument" ] || fail "the key is still $argument"
    sed -i '1i # syntax=example.com/front' ../beside/Dockerfile
    before=$(key_with)
    echo two >secret.txt
    [ "$(key_with)" != "$before" ] || fail 'what is ignored does not count'
    before=$(key_with)
    echo two >../beside/note.txt
    [ "$(key_with)" != "$before" ] || fail 'what lies beside the Dockerfile does not count'
    expect_text "$(key_with --explain)" 'example.com/front'
}
