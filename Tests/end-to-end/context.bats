#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# An image contains nothing that was not in its inputs when the key was computed. Content of one context that BuildKit
# keeps never gets into the image of another. See ContextLink.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    make_simple_checkout "$PWD"
}

teardown() {
    end_to_end_teardown
    leave_daemon
}

# make_simple_checkout DIRECTORY: makes a checkout whose image contains everything in the directory `files`
make_simple_checkout() {
    mkdir -p "$1/files/directory"
    printf 'FROM docker-cache-test/busybox\nCOPY files /files\nCOPY content.txt /\n' >"$1/Dockerfile"
    echo "one of $image" >"$1/files/file"
    echo "in a directory of $image" >"$1/files/directory/file"
    echo "content of $image" >"$1/content.txt"
    find "$1/files" "$1/Dockerfile" -exec touch -d '2001-02-03 04:05:06' {} +
}

# replace FILE TEXT: writes other content of the same size, with the same modification time
replace() {
    touch -r "$1" "$BATS_TEST_TMPDIR/reference"
    [ "$(printf '%s\n' "$2" | wc -c)" -eq "$(wc -c <"$1")" ] || fail "the size would be another"
    printf '%s\n' "$2" >"$1"
    touch -r "$BATS_TEST_TMPDIR/reference" "$1"
}

# mode_in_image PATH
mode_in_image() { docker run --rm --network none "$image:$key" stat -c %a "/$1"; }

# built_with EXPECTED FILE
built_with() {
    expect_outcome miss
    expect "$(file_in_image "$2")" "$1" "$2 in the image"
}

# bats test_tags=core
@test "a file that changes and gets its time back is in the image as it is now" {
    run_job
    built_with "one of $image" files/file
    replace files/file "two of $image"
    run_job
    built_with "two of $image" files/file
}

@test "two checkouts whose files have the same size and time each get their own" {
    make_simple_checkout "$BATS_TEST_TMPDIR/other"
    replace "$BATS_TEST_TMPDIR/other/files/file" "two of $image"
    run_job
    built_with "one of $image" files/file
    cd "$BATS_TEST_TMPDIR/other"
    run_job
    built_with "two of $image" files/file
}

@test "two images of two repositories each get their own, also without a cache" {
    run_job
    built_with "one of $image" files/file
    make_simple_checkout "$BATS_TEST_TMPDIR/other"
    replace "$BATS_TEST_TMPDIR/other/files/file" "two of $image"
    cd "$BATS_TEST_TMPDIR/other"
    option ADDITIONAL_BUILD_ARGS --no-cache
    image=$image-other
    option IMAGE "$image"
    run_job
    built_with "two of ${image%-other}" files/file
}

# bats test_tags=extended
@test "a directory whose mode alone changes has that mode in the image" {
    run_job
    expect_outcome miss
    expect "$(mode_in_image files/directory)" 755 "the mode in the image"
    chmod 700 files/directory
    run_job
    expect_outcome miss
    expect "$(mode_in_image files/directory)" 700 "the mode in the image"
    # And back, with the layers of both in the builder's cache.
    chmod 755 files/directory
    echo "content of $image, again" >content.txt
    run_job
    expect_outcome miss
    expect "$(mode_in_image files/directory)" 755 "the mode in the image"
}

@test "a file whose mode alone changes has that mode in the image" {
    run_job
    expect "$(mode_in_image files/file)" 644 "the mode in the image"
    chmod 755 files/file
    run_job
    expect_outcome miss
    expect "$(mode_in_image files/file)" 755 "the mode in the image"
}

@test "a Dockerfile outside of the context that changes and gets its time back is the one that is built" {
    local dockerfile=$BATS_TEST_TMPDIR/dockerfiles/Dockerfile
    mkdir "$BATS_TEST_TMPDIR/dockerfiles"
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nCOPY files /one\n' >"$dockerfile"
    option DOCKERFILE "$dockerfile"
    run_job
    built_with "one of $image" one/file
    replace "$dockerfile" "$(sed 's|/one|/two|' "$dockerfile")"
    run_job
    built_with "one of $image" two/file
}

@test "two Dockerfiles of the same name, size and time in two directories each build their own" {
    local name
    for name in one two; do
        mkdir "$BATS_TEST_TMPDIR/$name"
        printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nCOPY files /%s\n' "$name" \
            >"$BATS_TEST_TMPDIR/$name/Dockerfile"
        touch -d '2001-02-03 04:05:06' "$BATS_TEST_TMPDIR/$name/Dockerfile"
        option DOCKERFILE "$BATS_TEST_TMPDIR/$name/Dockerfile"
        run_job
        built_with "one of $image" "$name/file"
    done
}

# bats test_tags=extended
@test "an ignore file that changes and gets its time back is the one that counts" {
    option KEY_INPUTS context
    printf 'files/file\n' >.dockerignore
    run_job
    expect_outcome miss
    if file_in_image files/file 2>/dev/null; then fail "an ignored file is in the image"; fi
    replace .dockerignore 'files/none'
    run_job
    built_with "one of $image" files/file
}

@test "a directory given with --build-context that changes and gets its times back is in the image as it is now" {
    only_with_buildx
    mkdir -p "$BATS_TEST_TMPDIR/named/directory"
    echo "one of $image" >"$BATS_TEST_TMPDIR/named/directory/file"
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nCOPY --from=named / /named\n' >Dockerfile
    option ADDITIONAL_BUILD_ARGS "--build-context named=$BATS_TEST_TMPDIR/named"
    run_job
    built_with "one of $image" named/directory/file
    replace "$BATS_TEST_TMPDIR/named/directory/file" "two of $image"
    run_job
    built_with "two of $image" named/directory/file
    chmod 700 "$BATS_TEST_TMPDIR/named/directory"
    run_job
    built_with "two of $image" named/directory/file
    expect "$(mode_in_image named/directory)" 700 "the mode in the image"
    # Another directory of the same name, for another build.
    mkdir -p "$BATS_TEST_TMPDIR/other/named"
    cp -a "$BATS_TEST_TMPDIR/named" "$BATS_TEST_TMPDIR/other/"
    replace "$BATS_TEST_TMPDIR/other/named/directory/file" "six of $image"
    option ADDITIONAL_BUILD_ARGS "--build-context named=$BATS_TEST_TMPDIR/other/named"
    run_job
    built_with "six of $image" named/directory/file
}

# large_builds NUMBER: builds NUMBER times from a context with a file of 150 MB
large_builds() {
    local build
    head -c 157286400 /dev/zero >files/large
    for build in $(seq "$1"); do
        echo "content of build $build of $image" >content.txt
        run_job
        expect_outcome miss
    done
}

# contexts: the size in megabytes of the contexts in the builder; empty if the builder does not report it
contexts() {
    docker buildx du --filter type=source.local >"$BATS_TEST_TMPDIR/usage"
    awk '
        $3 ~ /^[0-9.]+GB$/ { sum += $3 * 1000; found = 1 }
        $3 ~ /^[0-9.]+MB$/ { sum += $3; found = 1 }
        END { if (found) printf "%d\n", sum }' "$BATS_TEST_TMPDIR/usage"
}

@test "what builds leave of their contexts in the builder stays in bounds" {
    only_with_buildx
    local left
    # A separate daemon, so that contexts of other tests have no effect.
    own_daemon
    # The limit is 512 MiB, which the fourth build reaches. Half of it stays.
    large_builds "${DOCKER_CACHE_TEST_BUILDS:-5}"
    left=$(contexts)
    [ "$left" -ge 150 ] || fail "nothing is left: $(cat "$BATS_TEST_TMPDIR/usage")"
    [ "$left" -le 700 ] || fail "$left MB are left: $(cat "$BATS_TEST_TMPDIR/usage")"
}

@test "gc removes what builds have left of their contexts" {
    only_with_buildx
    option GC off
    own_daemon
    large_builds 5
    [ "$(contexts)" -ge 700 ] || fail "$(cat "$BATS_TEST_TMPDIR/usage")"
    run "$DOCKER_CACHE_TEST_BIN" gc --index "$index" --dry-run
    expect_text "$output" 'contexts that BuildKit keeps: there are more than 536 MB of them'
    run "$DOCKER_CACHE_TEST_BIN" gc --index "$index"
    expect "$status" 0 status
    expect_text "$output" 'contexts that BuildKit keeps'
    [ "$(contexts)" -le 537 ] || fail "$(cat "$BATS_TEST_TMPDIR/usage")"
}
