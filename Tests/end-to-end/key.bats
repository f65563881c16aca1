#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Which changes give a different image, and which do not.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    option KEY_INPUTS context
    run_job
    expect_outcome miss
    first=$key
}
teardown() { end_to_end_teardown; }

another_image() {
    expect_outcome miss
    [ "$key" != "$first" ] || fail "the key is still $key"
    expect "$(builds)" 2 builds
}

the_same_image() {
    expect_outcome local-hit
    expect "$key" "$first" key
    expect "$(builds)" 1 builds
}

# bats test_tags=core
@test "a changed file is built, and back again it is a hit" {
    local content
    content=$(cat content.txt)
    echo "changed" >>content.txt
    run_job
    another_image
    echo "$content" >content.txt
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
}

# BuildKit itself considers such files unchanged, and builds from the copy that it received before: see ContextLink.
@test "a file of the same size and modification time is not the same file" {
    touch -r content.txt ../reference
    tr "[:lower:]" "[:upper:]" <content.txt >../upper
    cat ../upper >content.txt
    touch -r ../reference content.txt
    run_job
    another_image
}

@test "two checkouts with files of the same size and modification time do not mix" {
    make_checkout ../other
    touch -r content.txt ../reference
    tr "[:lower:]" "[:upper:]" <content.txt >../other/content.txt
    touch -r ../reference ../other/content.txt
    cd ../other
    run_job
    another_image
}

@test "a new empty directory is built" {
    mkdir empty
    run_job
    another_image
}

# bats test_tags=extended
@test "a changed Dockerfile is built" {
    echo 'RUN echo more >/more.txt' >>Dockerfile
    run_job
    another_image
    expect "$(file_in_image more.txt)" more
}

# bats test_tags=extended
@test "a changed build argument is built, given as a list or as one" {
    option BUILD_ARGS_0 GREETING=servus
    run_job
    another_image
    expect "$(file_in_image greeting.txt)" servus
    no_option BUILD_ARGS_0
    option BUILD_ARGS GREETING=servus
    run_job
    expect_outcome local-hit
    expect "$(builds)" 2 builds
}

@test "a build argument without a value takes it from the environment" {
    option BUILD_ARGS GREETING
    export GREETING=ahoj
    run_job
    another_image
    expect "$(file_in_image greeting.txt)" ahoj
    GREETING=hej
    run_job
    expect_outcome miss
    expect "$(file_in_image greeting.txt)" hej
}

# bats test_tags=extended
@test "another target is built" {
    option TARGET test
    run_job
    another_image
    expect "$(stage_of_image)" test
}

@test "a changed file that .dockerignore leaves out is still a hit" {
    echo 'two' >ignored.txt
    run_job
    the_same_image
}

@test "other modification times, another commit and branch are still a hit" {
    touch -d '2001-02-03' content.txt Dockerfile
    export BUILDKITE_COMMIT=9876543210987654321098765432109876543210 BUILDKITE_BRANCH=other
    run_job
    the_same_image
}

@test "another checkout of the same files, under another umask and locale, is still a hit" {
    mkdir ../elsewhere
    cp -R . ../elsewhere
    cd ../elsewhere
    export BUILDKITE_BUILD_CHECKOUT_PATH=$PWD LC_ALL=C.UTF-8
    umask 0077
    run_job
    the_same_image
}
