#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The key covers only what the Dockerfile can reach. If that is uncertain, it covers the whole context.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    # With the legacy builder, the key covers the whole context.
    only_with_buildkit
    end_to_end_setup
    base=docker-cache-test/base-$$-$BATS_SUITE_TEST_NUMBER-$RANDOM
    mkdir -p service other
    echo service >service/main.txt
    echo other >other/main.txt
    use_dockerfile <<'DOCKERFILE'
ARG BASE=docker-cache-test/busybox
FROM ${BASE} AS unneeded
COPY other /other

FROM ${BASE}
ARG GREETING=hello
COPY content.txt service/*.txt /
DOCKERFILE
    run_job
    expect_outcome miss
    first=$key
}

teardown() {
    end_to_end_teardown
    docker image rm --force "$base" >/dev/null 2>&1 || true
}

use_dockerfile() { cat >Dockerfile; }

the_same_image() {
    expect_outcome local-hit
    expect "$key" "$first" key
}

another_image() {
    expect_outcome miss
    [ "$key" != "$first" ] || fail "the key is still $key"
}

# make_base INSTRUCTION: builds a base image for this test, only in the daemon.
make_base() {
    printf 'FROM docker-cache-test/busybox\n%s\n' "$1" | docker build -q -t "$base" - >/dev/null
}

@test "what no needed stage copies does not count" {
    echo changed >other/main.txt
    echo new >other/new.txt
    sed -i 's|^COPY other /other|# a comment\nCOPY other /elsewhere|' Dockerfile
    run_job
    the_same_image
}

# bats test_tags=core
@test "what a needed stage copies counts, and so does a new match of a wildcard" {
    echo changed >service/main.txt
    run_job
    another_image
    expect "$(file_in_image main.txt)" changed
    first=$key
    echo new >service/new.txt
    run_job
    another_image
    expect "$(file_in_image new.txt)" new
}

@test "a build argument that reaches nothing in the image does not count, and the log says so" {
    option BUILD_ARGS_0 NOBODY=1
    option BUILD_ARGS_1 GREETING=servus
    run_job
    the_same_image
    expect_text "$output" "Nothing in the image depends on GREETING, NOBODY"
    echo 'ENV GREETED=$GREETING' >>Dockerfile
    run_job
    another_image
    first=$key
    option BUILD_ARGS_1 GREETING=hello
    run_job
    another_image
}

# bats test_tags=extended
@test "how a Dockerfile is written does not count, only what it makes" {
    use_dockerfile <<'DOCKERFILE'
ARG GREETING=hello
FROM docker-cache-test/busybox AS tools
LABEL of=tools
RUN echo tools >/tools
ENV ONLY=here
CMD ["tools"]

FROM docker-cache-test/busybox AS final
ARG GREETING
LABEL of=final
COPY content.txt /content.txt
ENV NAME=value
COPY --from=tools /tools /tools
RUN echo "$GREETING" >/greeting
DOCKERFILE
    option BUILD_ARGS_0 GREETING=hi
    run_job
    expect_outcome miss
    local first=$key
    use_dockerfile <<'DOCKERFILE'
# The default is overridden, tools has another name and other settings, and nothing uses UNUSED.
ARG GREETING=good-day
FROM docker-cache-test/busybox AS making
RUN echo tools >/tools
LABEL of=making
USER 1000

FROM docker-cache-test/busybox AS last
ARG GREETING=hi
ENV NAME="value"
COPY ["./content.txt", "/content.txt"]
LABEL of=final
COPY --from=making /tools /tools
RUN echo "$GREETING" >/greeting
DOCKERFILE
    option TARGET last
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    # The environment of a RUN is part of the key.
    sed -i 's/^RUN echo "$GREETING"/ARG UNUSED=1\n&/' Dockerfile
    run_job
    expect_outcome miss
}

# bats test_tags=extended
@test "a named context counts where a needed stage copies from it, and a stage that starts from it is not known" {
    only_with_buildx
    mkdir "$BATS_TEST_TMPDIR/library"
    echo one >"$BATS_TEST_TMPDIR/library/file"
    option ADDITIONAL_BUILD_ARGS "--build-context library=$BATS_TEST_TMPDIR/library"
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    echo 'COPY --from=library /file /from-library' >>Dockerfile
    run_job
    expect_outcome miss
    first=$key
    echo changed >other/main.txt
    run_job
    expect_outcome local-hit
    echo two >"$BATS_TEST_TMPDIR/library/file"
    run_job
    expect_outcome miss
    expect "$(file_in_image from-library)" two
    option ADDITIONAL_BUILD_ARGS "--build-context docker-cache-test/busybox=$BATS_TEST_TMPDIR/library"
    run_job
    expect_text "$output" "takes the place of docker-cache-test/busybox"
}

@test "key-inputs: context lets everything count" {
    option KEY_INPUTS context
    run_job
    another_image
    first=$key
    echo changed >other/main.txt
    run_job
    another_image
}

@test "a wrong key-inputs stops at once" {
    option KEY_INPUTS some
    run_job
    expect_failure 64 "key-inputs"
}

@test "a base image is asked for once, and a hit afterwards asks docker for the image alone" {
    make_base 'ENV A=1'
    option BUILD_ARGS_0 "BASE=$base"
    run_job
    another_image
    : >"$docker_calls"
    run_job
    expect_outcome local-hit
    expect "$(cat "$docker_calls")" \
        "image inspect --format {{json .}} $(query "SELECT local_image_id FROM entries WHERE key = '$key'")" \
        "calls of docker"
}

@test "a base image with ONBUILD triggers brings the whole context in, and the log says why" {
    make_base 'ONBUILD COPY other /triggered'
    option BUILD_ARGS_0 "BASE=$base"
    run_job
    another_image
    expect_text "$output" "the base image $base has ONBUILD triggers"
    expect "$(file_in_image triggered/main.txt)" other
    first=$key
    echo changed >other/main.txt
    run_job
    another_image
    expect "$(file_in_image triggered/main.txt)" changed
}

@test "a base image that got ONBUILD triggers since it was asked for is found out before the build" {
    make_base 'ENV A=1'
    option BUILD_ARGS_0 "BASE=$base"
    run_job
    another_image
    make_base 'ONBUILD COPY other /triggered'
    echo changed >service/main.txt
    run_job
    expect_outcome miss
    expect_text "$output" "the base image $base has ONBUILD triggers"
    first=$key
    echo changed >other/main.txt
    run_job
    another_image
    expect "$(file_in_image triggered/main.txt)" changed
}

@test "a base image whose environment reaches a source brings the whole context in" {
    make_base 'ENV from=other'
    use_dockerfile <<DOCKERFILE
FROM $base
COPY content.txt \${from:-service} /
DOCKERFILE
    run_job
    another_image
    expect_text "$output" "sets the variable from"
    first=$key
    echo changed >other/main.txt
    run_job
    another_image
}

@test "a base image that no one has fails the build, and changes no key" {
    use_dockerfile <<'DOCKERFILE'
FROM 127.0.0.1:1/nowhere
COPY content.txt /
DOCKERFILE
    run_job
    [ "$status" -ne 0 ] || fail "it was built"
    if [[ $output == *"The whole context is in the key"* ]]; then fail "the whole context counts: $output"; fi
}

@test "the legacy builder lets everything count" {
    export DOCKER_BUILDKIT=0
    run_job
    another_image
    expect_text "$output" "the legacy builder"
    first=$key
    echo changed >other/main.txt
    run_job
    another_image
}

# bats test_tags=extended
@test "a miss says what changed, and explain says it again" {
    echo changed >service/main.txt
    echo new >service/new.txt
    sed -i 's|^COPY content.txt|LABEL a=$GREETING\nCOPY content.txt|' Dockerfile
    option BUILD_ARGS_0 GREETING=a-value-of-an-argument
    run_job
    another_image
    expect_text "$output" "Files: 1 changed, 1 added"
    expect_text "$output" "changed service/main.txt"
    expect_text "$output" 'line 7: LABEL a=\$GREETING'
    expect_text "$output" "The build argument GREETING is new."
    run "$DOCKER_CACHE_BIN" explain --index "$index"
    expect "$status" 0 status
    expect_text "$output" "$image in the pipeline shop"
    expect_text "$output" "miss, new-key"
    expect_text "$output" "Before it $first"
    expect_text "$output" "added service/new.txt"
    expect_text "$output" 'line 7: LABEL a=\$GREETING'
    run "$DOCKER_CACHE_BIN" explain --index "$index" "${key:0:12}" --format json
    expect "$(jq -r '.changes.files_changed[0]' <<<"$output")" service/main.txt "the changed file"
    run "$DOCKER_CACHE_BIN" explain --index "$index" "$first"
    expect_text "$output" "there is nothing to compare"
    run "$DOCKER_CACHE_BIN" explain --index "$index" nothing
    expect "$status" 64 status
    expect_text "$output" '"nothing" is not the beginning of a key'
    run "$DOCKER_CACHE_BIN" explain --index "$index" 0000000000000000000000000000000000000000
    expect "$status" 1 status
    expect_text "$output" "does not know what a key 0000000000000000000000000000000000000000"
    if grep -rq a-value-of-an-argument "$(dirname "$index")"; then fail "the index has the value of an argument"; fi
}

@test "an image that is gone is explained by that, not by its key" {
    forget_images
    run_job
    expect_outcome miss
    expect "$key" "$first" key
    run "$DOCKER_CACHE_BIN" explain --index "$index"
    expect_text "$output" "miss, image-gone"
}

@test "key --explain names stages, instructions and files" {
    run "$DOCKER_CACHE_BIN" key --explain --index "$index" --build-arg NOBODY=1
    expect "$status" 0 status
    expect_text "$output" "2 of the"
    expect_text "$output" "line 7: COPY content.txt service/[*].txt /"
    expect_text "$output" "service/[*].txt  1 file: service/main.txt"
    expect_text "$output" "Build arguments that change nothing: NOBODY"
    [[ $output != *unneeded* ]] || fail "a stage that is not needed is named"
    run "$DOCKER_CACHE_BIN" key --explain --format json --index "$index" --target unneeded
    expect "$(jq -r '.explanation.stages[0].instructions[0].sources[0].path' <<<"$output")" other path
}

@test "what ADD fetches is named, because only max-age-days renews it" {
    use_dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
ARG TOKEN=none
ADD https://user:$TOKEN@example.invalid/a.tgz https://example.invalid/b.git#main /x/
DOCKERFILE
    run "$DOCKER_CACHE_BIN" key --explain --index "$index" --build-arg TOKEN=a-secret
    expect "$status" 0 status
    expect_text "$output" 'Line 3 adds https://user:[$]TOKEN@example.invalid/a.tgz while the image is built'
    expect_text "$output" 'Line 3 adds https://example.invalid/b.git#main while'
    expect_text "$output" 'only max-age-days limits its age'
    [[ $output != *a-secret* ]] || fail "the value of an argument is printed"
    echo 'COPY $PATH /' >>Dockerfile
    run "$DOCKER_CACHE_BIN" key --explain --index "$index"
    expect_text "$output" 'Covers the whole Dockerfile'
    expect_text "$output" 'Line 3 adds https://user:[$]TOKEN@example.invalid/a.tgz while the image is built'
}

# bats test_tags=core
@test "agents whose builders differ do not share a key" {
    option KEY_INPUTS context
    run_job
    another_image
    first=$key
    export DOCKER_BUILDKIT=0
    run_job
    another_image
}

# bats test_tags=extended
@test "the proxies of docker's own configuration count where something runs" {
    mkdir -p "$DOCKER_CONFIG"
    use_dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY content.txt /
RUN echo "$http_proxy" >/proxy
DOCKERFILE
    run_job
    another_image
    first=$key
    echo '{"proxies": {"default": {"httpProxy": "http://proxy.invalid:1"}}}' >"$DOCKER_CONFIG/config.json"
    run_job
    another_image
}

# bats test_tags=core
@test "a file that was changed and changed back during the build is not trusted" {
    : >"$BATS_TEST_TMPDIR/hold"
    echo new >service/new.txt
    agent_script "$BATS_TEST_TMPDIR/first" pre-command
    setsid "$BATS_TEST_TMPDIR/first/script" >"$BATS_TEST_TMPDIR/first/output" 2>"$BATS_TEST_TMPDIR/first/errors" 3>&- &
    local job=$!
    second_build_runs() { [ "$(builds)" -eq 2 ]; }
    wait_until second_build_runs
    echo other >service/new.txt
    echo new >service/new.txt
    rm "$BATS_TEST_TMPDIR/hold"
    wait "$job"
    expect_text "$(cat "$BATS_TEST_TMPDIR/first/errors")" 'changed while the image was being built'
    expect "$(query 'SELECT count(*) FROM entries')" 1 entries
}

@test "a TMPDIR that is not there is no reason not to build" {
    export TMPDIR=/nonexistent
    echo changed >content.txt
    run_job
    another_image
}
