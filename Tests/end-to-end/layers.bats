#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The sources of a build's layers. The builder's own cache is emptied between builds, so that cached layers come from
# the registry. This needs a separate daemon: elsewhere it would empty a user's cache, and concurrent builds could lose
# layers that they are about to use.
# shellcheck disable=SC2154

load helper

setup() {
    end_to_end_setup
    use_registry
    option REGISTRY_REPOSITORY "$image"
    # A layer that is built again has a different content.
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY content.txt /content.txt
RUN head -c 16 /dev/urandom | od -An -tx1 >/expensive.txt
COPY other.txt /other.txt
DOCKERFILE
    echo one >other.txt
}

teardown() {
    end_to_end_teardown
    leave_daemon
}

# Another agent that has never built this image, with an empty builder cache.
fresh_builder() {
    [ -n "${started_daemon:-}" ] || fail "this would empty somebody's build cache"
    another_agent
    docker builder prune --all --force >/dev/null
}

# first_build_then_change: saves an image in the registry. The next build differs only in the last step.
first_build_then_change() {
    own_daemon
    run_job
    expect_outcome miss
    expensive=$(file_in_image expensive.txt)
    fresh_builder
    echo two >other.txt
}

# expect_cached: expects that the expensive step did not run again.
expect_cached() {
    expect "$(file_in_image expensive.txt)" "$expensive" "the expensive file"
    expect "$(file_in_image other.txt)" "$(cat other.txt)" "the file that changed"
}

expect_built() {
    [ "$(file_in_image expensive.txt)" != "$expensive" ] || fail "the layer is the old one"
}

legacy() { export DOCKER_BUILDKIT=0; }

@test "inline: another agent takes the layers of the newest build, and the log says where they are from" {
    only_with_buildkit
    option LAYER_CACHE inline
    first_build_then_change
    run_job
    expect_outcome miss
    expect_cached
    expect_text "$output" "Layers may be taken from $registry/$image:latest."
}

# bats test_tags=core
@test "auto: layers are kept for other agents, and taken from them" {
    only_with_buildx
    first_build_then_change
    run_job
    expect_outcome miss
    expect_cached
    expect_text "$output" "Layers may be taken from $registry/$image:latest."
}

@test "auto: a server that can crash over inline metadata is not asked for it, and the log says so" {
    only_on 'is of servers before version 23' 20.10
    first_build_then_change
    run_job
    expect_outcome miss
    expect_built
    expect_text "$output" 'No layers are kept for other agents'
}

@test "off: no layers are kept or taken" {
    only_with_buildkit
    option LAYER_CACHE inline
    first_build_then_change
    option LAYER_CACHE off
    run_job
    expect_outcome miss
    expect_built
    expect "$(calls '--cache-from')" 0 "builds with --cache-from"
    expect "$(calls 'BUILDKIT_INLINE_CACHE')" 1 "builds with metadata"
}

@test "max is refused where the builder cannot send layers, and nothing is built" {
    local obstacle='the builder is not buildx'
    case $kind in
        28.5-containerd) skip 'the builder of Docker 28.5-containerd can send layers' ;;
        28.5 | 26.1) obstacle='buildx uses the driver docker, whose daemon does not keep its images' ;;
    esac
    option LAYER_CACHE max
    run_job
    expect_failure 64 "layer-cache. is max, which this agent does not support: $obstacle"
    expect "$(builds)" 0 builds
}

# `max` also keeps the layers of a stage that is not in the image.
make_stages() {
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox AS tools
RUN head -c 16 /dev/urandom | od -An -tx1 >/tool.txt

FROM docker-cache-test/busybox
COPY --from=tools /tool.txt /expensive.txt
COPY content.txt /content.txt
COPY other.txt /other.txt
DOCKERFILE
}

@test "max: buildx sends the layers of all stages to a place of their own, and takes them from there" {
    only_on 'the docker driver sends layers with containerd'"'"'s image store alone' 28.5-containerd
    option LAYER_CACHE max
    make_stages
    first_build_then_change
    built=$(grep '^build ' "$docker_calls")
    expect_text "$built" "--cache-to type=registry,mode=max,[^ ]*ref=$registry/$image:cache-[0-9a-f]{12}-layers"
    run_job
    expect_outcome miss
    expect_cached
    place=$(grep -o "$registry/$image:cache-[0-9a-f]*-layers" <<<"$built")
    expect_text "$output" "Layers may be taken from $place."
    # Each target has its own place.
    echo 'FROM docker-cache-test/busybox AS other' >>Dockerfile
    echo 'COPY content.txt /content.txt' >>Dockerfile
    option TARGET other
    run_job
    expect_outcome miss
    [ "$(grep -o "cache-[0-9a-f]\{12\}-layers" "$docker_calls" | sort -u | wc -l)" -eq 2 ] ||
        fail "$(cat "$docker_calls")"
}

@test "max needs a registry" {
    option LAYER_CACHE max
    option PROVIDER local
    no_option REGISTRY_URL
    run_hook environment
    expect_failure 64 'the provider local has no registry where the layers could be kept'
}

@test "strategy artifact builds without layers of the registry" {
    only_with_buildkit
    option LAYER_CACHE inline
    first_build_then_change
    option STRATEGY artifact
    run_job
    expect_outcome miss
    expect_built
    expect "$(calls '--cache-from')" 0 "builds with --cache-from"
    # The finished image is still taken.
    another_agent
    run_job
    expect_outcome registry-hit
}

@test "strategy build never takes the finished image, and takes its layers" {
    only_with_buildkit
    option LAYER_CACHE inline
    option STRATEGY build
    own_daemon
    run_job
    expect_outcome bypassed
    expensive=$(file_in_image expensive.txt)
    # The newest build is now another one.
    first=$key
    cp Dockerfile Dockerfile.first
    echo 'RUN true' >>Dockerfile
    sed -i 's/16/17/' Dockerfile
    run_job
    expect_outcome bypassed
    mv Dockerfile.first Dockerfile
    fresh_builder
    run_job
    expect_outcome bypassed
    expect "$key" "$first" key
    expect "$(builds)" 3 builds
    expect_cached
    expect_text "$output" "from $registry/$image:cache-$key\\."
}

# bats test_tags=extended
@test "strategy hybrid takes the finished image" {
    run_job
    another_agent
    option STRATEGY hybrid
    run_job
    expect_outcome registry-hit
    expect "$(builds)" 1 builds
}

@test "cache-from: layers come from another image too" {
    only_with_buildkit
    option LAYER_CACHE inline
    option FALLBACK_TAG branch
    first_build_then_change
    option FALLBACK_TAG nobody-built-this
    option CACHE_FROM_0 "$registry/$image:branch"
    option CACHE_FROM_1 "type=registry,ref=$registry/$image:not-there"
    run_job
    expect_outcome miss
    expect_cached
}

@test "cache-from: what only buildx knows is given to buildx" {
    only_with_buildx
    option CACHE_FROM type=local,src=layers
    run_job
    expect_outcome miss
    expect "$(calls '--cache-from type=local,src=layers')" 1 "builds with that source"
}

@test "cache-from: what only buildx knows is refused without it, and nothing is built" {
    only_on 'is of builders other than buildx' '20.10*'
    option CACHE_FROM type=local,src=layers
    run_job
    expect_failure 64 'cache-from. has type=local,src=layers, which only buildx supports'
    expect "$(builds)" 0 builds
}

# bats test_tags=extended
@test "cache-from: what is no image is refused" {
    option CACHE_FROM 'Not An Image'
    run_hook environment
    expect_failure 64 'Not An Image'
}

@test "cache-from with strategy artifact is refused" {
    option CACHE_FROM alpine
    option STRATEGY artifact
    run_hook environment
    expect_failure 64 'Remove one of the two'
}

# bats test_tags=core
@test "the legacy builder gets its source pulled first" {
    only_on 'needs the legacy builder, with a cache that it can use' 20.10-legacy
    first_build_then_change
    run_job
    expect_outcome miss
    expect_cached
    expect_text "$output" "Pulling $registry/$image:latest for its layers"
}

@test "the legacy builder keeps what it has cached itself" {
    only_on 'needs the legacy builder, with a cache that it can use' 20.10-legacy
    run_job
    expensive=$(file_in_image expensive.txt)
    echo two >other.txt
    run_job
    expect_outcome miss
    expect_cached
    expect "$(calls '--cache-from')" 0 "builds with --cache-from"
    expect "$(calls '^pull')" 0 pulls
}

# bats test_tags=core
@test "an expired image is built without old layers, whatever the option says" {
    option LAYER_CACHE inline
    run_job
    expensive=$(file_in_image expensive.txt)
    option MAX_AGE_DAYS 0
    run_job
    expect_outcome expired
    expect_built
    expect "$(calls '--cache-from')" 0 "builds with --cache-from"
}

@test "a registry that is down costs a warning, and no second wait for its layers" {
    option LAYER_CACHE inline
    # Nothing listens there.
    use_registry 127.0.0.1:1
    run_job
    expect_outcome miss
    expect "$(calls '--cache-from')" 0 "builds with --cache-from"
}

@test "secrets without BuildKit are refused before the build" {
    legacy
    export TOKEN=secret
    option SECRETS TOKEN
    run_job
    expect_failure 64 'The option .secrets. needs BuildKit'
    expect "$(builds)" 0 builds
}
