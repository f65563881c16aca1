#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The option base-images: the key covers either the content of base images, or only their names.
# Each test is a subshell.
# shellcheck disable=SC2030,SC2031,SC2154

load helper

setup() {
    end_to_end_setup
    base=$registry/$image-base
    push_base one
    {
        echo "FROM $base:1"
        echo 'COPY content.txt /content.txt'
    } >Dockerfile
}

teardown() { end_to_end_teardown; }

# push_base TEXT: gives the base image's name in the registry to another image. The agent does not have it.
push_base() {
    mkdir -p "$BATS_TEST_TMPDIR/base"
    echo "$1 $image" >"$BATS_TEST_TMPDIR/base/base.txt"
    printf 'FROM docker-cache-test/busybox\nCOPY base.txt /base.txt\n' >"$BATS_TEST_TMPDIR/base/Dockerfile"
    # Built once, so that the same image has the same digest when it is pushed again.
    if ! docker image inspect "$image-base:$1" >/dev/null 2>&1; then
        docker build --quiet --tag "$image-base:$1" "$BATS_TEST_TMPDIR/base" >/dev/null
    fi
    docker tag "$image-base:$1" "$base:1"
    docker push --quiet "$base:1" >/dev/null
    docker image rm "$base:1" >/dev/null
}

expect_base() { expect "$(file_in_image base.txt)" "$1 $image" "the file of the base image"; }

@test "tag: a base image that became another is not noticed" {
    run_job
    expect_outcome miss
    push_base two
    run_job
    expect_outcome local-hit
    expect_base one
}

# bats test_tags=core
@test "pin: a base image that became another makes a new key, and the build takes just that" {
    option BASE_IMAGES pin
    run_job
    expect_outcome miss
    expect_base one
    first=$key
    run_job
    expect_outcome local-hit

    # The agent still has the old image under this name.
    docker pull --quiet "$base:1" >/dev/null
    old=$(docker image inspect --format '{{.Id}}' "$base:1")
    push_base two
    docker tag "$old" "$base:1"
    run_job
    expect_outcome miss
    expect_base two
    [ "$key" != "$first" ] || fail "the key is the old one"
    expect_text "$output" "base image $base:1: sha256:[0-9a-f]{64} before, now sha256:"
    run_job
    expect_outcome local-hit
    expect_base two

    # And back again.
    push_base one
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
}

@test "pin: agents compute the same key, whatever they have of the base image" {
    use_registry
    option BASE_IMAGES pin
    run_job
    expect_outcome miss
    another_agent
    run_job
    expect_outcome registry-hit
}

@test "pin: base images of stages that are not needed do not count" {
    # The legacy builder needs all stages.
    only_with_buildkit
    option BASE_IMAGES pin
    {
        echo 'FROM nobody.invalid/other:1 AS other'
        echo "FROM $base:1"
        echo 'COPY content.txt /content.txt'
    } >Dockerfile
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
}

@test "pin: an image that files are copied from counts" {
    option BASE_IMAGES pin
    {
        echo 'FROM docker-cache-test/busybox'
        echo 'COPY content.txt /content.txt'
        echo "COPY --from=$base:1 /base.txt /base.txt"
    } >Dockerfile
    run_job
    expect_outcome miss
    push_base two
    run_job
    expect_outcome miss
    expect_base two
}

@test "pin: a base image that is only on this agent counts by its id" {
    # With containerd's store, only the registry can tell that the image is not in the registry.
    local own=$registry/$image-own:1
    option BASE_IMAGES pin
    printf 'FROM %s\nCOPY content.txt /content.txt\n' "$own" >Dockerfile
    docker tag docker-cache-test/busybox "$own"
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
    printf 'FROM docker-cache-test/busybox\nLABEL a=b\n' | docker build --quiet --tag "$own" - >/dev/null
    run_job
    expect_outcome miss
}

@test "pin: a registry that is down costs a warning, and what the agent has counts" {
    # shellcheck source=../../script/lib/services.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/services.sh"
    services_directory=$(mktemp -d "$BATS_TEST_TMPDIR/services.XXXXXX")
    start_registry open
    base=$registry_address/$image-base
    push_base one
    printf 'FROM %s:1\nCOPY content.txt /content.txt\n' "$base" >Dockerfile
    option BASE_IMAGES pin
    run_job
    expect_outcome miss
    first=$key
    stop_registry "$registry_address"
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    expect_text "$errors" 'Could not get the digest of the base image '
}

@test "pin: a base image that no one knows is built with, and the image is not saved" {
    option BASE_IMAGES pin
    printf 'FROM nobody.invalid/base:1\nCOPY content.txt /content.txt\n' >Dockerfile
    run_job
    [ "$status" -ne 0 ] || fail "it was built"
    expect_text "$errors" 'Could not get the digest of the base image nobody.invalid/base:1'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
}

@test "pin: an expired image gets the base image that the key says, and not what a registry has under its name" {
    option BASE_IMAGES pin
    printf 'FROM %s:1\nCOPY content.txt /content.txt\n' "$base" >Dockerfile
    # Built on the agent, under a name that also exists in the registry.
    docker tag docker-cache-test/busybox "$base:1"
    run_job
    expect_outcome miss
    option MAX_AGE_DAYS 0
    run_job
    expect_outcome expired
    if file_in_image base.txt 2>/dev/null; then fail "the base image is the registry's"; fi
}

@test "pin: a base image that has several digests counts by whichever the registry has now" {
    option BASE_IMAGES pin
    docker pull --quiet "$base:1" >/dev/null
    # An index that contains the same image has a different digest, and the daemon keeps both.
    local manifest index platform
    platform=$(docker version --format '{"architecture":"{{.Server.Arch}}","os":"{{.Server.Os}}"}')
    manifest=$(registry_manifest "$image-base" 1)
    if [ "$(jq .manifests <<<"$manifest")" != null ]; then
        index=$(jq -c '.annotations = {"com.example.pushed": "again"}' <<<"$manifest")
    else
        index=$(jq -nc --argjson size "$(printf '%s' "$manifest" | wc -c)" \
            --arg type "$(jq -r .mediaType <<<"$manifest")" --arg digest "$(registry_digest "$image-base" 1)" \
            --argjson platform "$platform" \
            '{schemaVersion: 2, mediaType: "application/vnd.docker.distribution.manifest.list.v2+json",
            manifests: [{mediaType: $type, $size, $digest, $platform}]}')
    fi
    put_manifest "$image-base" 1 "$index"
    docker pull --quiet "$base:1" >/dev/null
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
    expect_base one
}

@test "pin: a named context takes the place of the image of its name" {
    option BASE_IMAGES pin
    printf 'FROM nobody.invalid/base\nCOPY content.txt /content.txt\n' >Dockerfile
    run_pin() { "$DOCKER_CACHE_TEST_BIN" key --index "$index" --base-images pin --additional-build-args \
        "--build-context nobody.invalid/base=docker-image://$base:1"; }
    local first
    first=$(run_pin)
    push_base two
    [ "$(run_pin)" != "$first" ] || fail "the key is the same"
}

@test "pin together with --pull is refused" {
    option BASE_IMAGES pin
    option ADDITIONAL_BUILD_ARGS --pull
    run_hook environment
    expect_failure 64 'pinned base images are fetched anyway'
}

@test "pin together with cache-key is refused" {
    option BASE_IMAGES pin
    option CACHE_KEY v1
    run_hook environment
    expect_failure 64 'Remove one of the two'
}
