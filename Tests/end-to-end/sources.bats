#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The files that a source of COPY selects: links, exclusions, permissions and variables, for each builder.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    # With the legacy builder, the key covers the whole context.
    only_with_buildkit
    end_to_end_setup
    mkdir -p service/deep other
    echo service >service/main.txt
    echo deep >service/deep/file.txt
    echo other >other/main.txt
}

teardown() { end_to_end_teardown; }

# first_build: builds the Dockerfile on standard input, and expects a key that does not cover the whole context.
first_build() {
    { cat && echo 'COPY content.txt /'; } >Dockerfile
    run_job
    expect_outcome miss
    [[ $output != *"whole context is in the key"* ]] || fail "it fell back to the whole context: $output"
    first=$key
}

the_same_image() {
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
}

another_image() {
    run_job
    expect_outcome miss
    [ "$key" != "$first" ] || fail "the key is still $key"
    first=$key
}

@test "a link that is copied counts with what it leads to" {
    ln -s service link
    ln -s ../service/main.txt other/file
    first_build <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY link /linked/
COPY other/file /file
DOCKERFILE
    expect "$(file_in_image linked/deep/file.txt)" deep
    expect "$(file_in_image file)" service
    echo changed >other/main.txt
    the_same_image
    echo changed >service/main.txt
    another_image
    expect "$(file_in_image file)" changed
    ln -sfn other link
    another_image
    expect "$(file_in_image linked/main.txt)" changed
}

@test "the permissions of a directory that is copied do not count, those within it do" {
    first_build <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY service /service
RUN stat -c %a /service /service/deep >/modes
DOCKERFILE
    expect "$(file_in_image modes)" $'755\n755'
    chmod 700 service
    the_same_image
    chmod 750 service/deep
    another_image
    expect "$(file_in_image modes)" $'755\n750'
}

@test "of several values of a variable the last counts, in a stage that starts from another too" {
    first_build <<'DOCKERFILE'
FROM docker-cache-test/busybox AS scratch
ENV from=other
ARG from=service to=x # comment
COPY $from /arg
FROM scratch AS last
COPY $from/$none /env-$to
FROM docker-cache-test/busybox
COPY --from=last /arg/main.txt /arg
COPY --from=last /env-x/main.txt /env
DOCKERFILE
    expect "$(file_in_image arg)" service
    expect "$(file_in_image env)" other
    echo new >unrelated
    the_same_image
    echo changed >other/main.txt
    another_image
    expect "$(file_in_image env)" changed
}

@test "what a base image sets counts only where it reaches a source" {
    base=docker-cache-test/sources-$$-$BATS_SUITE_TEST_NUMBER-$RANDOM
    printf 'FROM docker-cache-test/busybox\nENV from=other\n' | docker build -q -t "$base" - >/dev/null
    first_build <<DOCKERFILE
FROM $base
ENV copied=\$from
ARG from=service
COPY \$from /copied
DOCKERFILE
    docker image rm --force "$base" >/dev/null 2>&1 || true
    expect "$(file_in_image copied/main.txt)" service
}

@test "what is excluded does not count" {
    case $DOCKER_CACHE_TEST_DOCKER_KIND in 20.10 | 26.1) skip "its frontend does not know --exclude" ;; esac
    first_build <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY --exclude=**/*.txt --exclude=!deep/file.txt service /service/
RUN find /service >/found
DOCKERFILE
    expect "$(sort <<<"$(file_in_image found)")" $'/service\n/service/deep\n/service/deep/file.txt'
    echo changed >service/main.txt
    the_same_image
    echo changed >service/deep/file.txt
    another_image
    expect "$(file_in_image service/deep/file.txt)" changed
}

# bats test_tags=core
@test "what BuildKit may take from an old layer is not saved" {
    case $DOCKER_CACHE_TEST_DOCKER_KIND in 20.10 | 26.1) skip "its frontend does not know --exclude" ;; esac
    printf 'FROM docker-cache-test/busybox\nCOPY --exclude=* content.* /\n' >Dockerfile
    run_job
    expect_outcome miss
    expect_text "$errors" 'Line 2 of the Dockerfile copies by a wildcard and has --exclude'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
}
