#!/usr/bin/env bats
#
# An invalid configuration stops the job before anything is done, with status 64 and a message that names the option,
# the value, and what is allowed.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }
teardown() { end_to_end_teardown; }

nothing_was_done() {
    expect "$(cat "$docker_calls")" '' "calls of docker"
    [ ! -e "$index" ] || fail "there is an index"
}

# refused PATTERN...: both hooks reject it, with a message that matches all patterns
refused() {
    local hook pattern
    for hook in environment pre-command; do
        run_hook "$hook"
        for pattern in "$@"; do expect_failure 64 "$pattern"; done
    done
    nothing_was_done
}

@test "no provider" {
    no_option PROVIDER
    refused provider local registry
}

@test "an unknown provider" {
    option PROVIDER registri
    refused provider registri local registry
}

@test "no image" {
    no_option IMAGE
    refused image
}

@test "names that Docker refuses" {
    local name
    for name in Upper team//app app..web app___web -app app- /app "$(printf 'a%.0s' {1..256})"; do
        echo "name: $name"
        option IMAGE "$name"
        refused image "$name"
    done
}

@test "an unknown strategy" {
    option STRATEGY fast
    refused strategy fast artifact build hybrid
}

@test "an option that no one knows, and the nearest one" {
    option MAX_AGE_DAY 3
    refused max-age-day max-age-days
}

@test "a number that is none" {
    option MAX_AGE_DAYS soon
    refused max-age-days soon
}

@test "a boolean that is none" {
    option SAVE perhaps
    refused save perhaps true false
}

@test "dockerfile together with dockerfile-inline" {
    option DOCKERFILE Dockerfile
    option DOCKERFILE_INLINE 'FROM scratch'
    refused dockerfile dockerfile-inline
}

@test "a provider's own option is missing" {
    option PROVIDER registry
    refused registry.url
}

@test "a map where a list is wanted" {
    option BUILD_ARGS_NODE_ENV test
    option BUILD_ARGS_API_URL https://api.example.com
    refused 'build-args is a map: expected a list, as in build-args: \["API_URL=…", "NODE_ENV=…"\]'
}

@test "a context that is no directory" {
    option CONTEXT 'https://github.com/acme//shop.git#main:docker'
    refused context 'https://github.com/acme//shop.git#main:docker' 'only directories work'
    option CONTEXT -
    refused context 'only directories work'
}

@test "a size for gc" {
    option GC 20GB
    refused gc.max-size 20GB
}

@test "a key in the variable that the plugin exports" {
    export BUILDKITE_PLUGIN_DOCKER_CACHE_KEY=v1
    refused BUILDKITE_PLUGIN_DOCKER_CACHE_KEY 'set `cache-key` instead'
}

# The following errors can be detected only in the checkout.
refused_in_checkout() {
    local pattern
    run_hook environment
    expect "$status" 0
    run_hook pre-command
    for pattern in "$@"; do expect_failure 64 "$pattern"; done
    expect "$(builds)" 0 builds
}

@test "a Dockerfile that is not there" {
    option DOCKERFILE docker/Dockerfile.web
    refused_in_checkout dockerfile docker/Dockerfile.web
}

@test "a context that is not there" {
    option CONTEXT services/web
    refused_in_checkout context services/web
}

@test "a malformed pattern in .dockerignore" {
    echo '[a-' >>.dockerignore
    refused_in_checkout .dockerignore '\[a-'
}
