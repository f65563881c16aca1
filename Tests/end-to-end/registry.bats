#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Requests to the registry, pulls and pushes, and tags that cannot be moved.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry
}

teardown() {
    end_proxy
    end_to_end_teardown
}

# use_immutable_registry [ARGUMENT]...
use_immutable_registry() { use_proxy immutable_registry.py "$@"; }

# bats test_tags=core
@test "a build is pushed once, and the fallback tag names the same image without a second push" {
    run_job
    expect_outcome miss
    expect "$(calls '^push ')" 1 pushes
    expect "$(registry_tags)" "$(printf 'cache-%s\nlatest' "$key")" tags
    expect "$(registry_digest "$image" latest)" "$digest" "the digest of latest"
}

# bats test_tags=core
@test "what the registry has is pulled by its digest" {
    run_job
    expect_outcome miss
    local pushed=$digest
    another_agent
    : >"$docker_calls"
    run_job
    expect_outcome registry-hit
    expect "$digest" "$pushed" digest
    expect "$(grep '^pull ' "$docker_calls")" "pull $registry/$image@$pushed" "the pull"
    run_job
    expect_outcome local-hit
}

@test "what the daemon has under another name is taken" {
    run_job
    expect_outcome miss
    docker tag "$image:$key" "$image-other:name"
    docker image rm "$image:$key" >/dev/null
    use_index "$BATS_TEST_TMPDIR/new/index.db"
    : >"$docker_calls"
    run_job
    expect_outcome registry-hit
    expect "$(docker image inspect --format '{{.Id}}' "$image:$key")" \
        "$(docker image inspect --format '{{.Id}}' "$image-other:name")" id
}

# bats test_tags=core
@test "what the daemon has by its id alone, because someone took its name away, gets a name of its own" {
    run_job
    expect_outcome miss
    docker tag "$image:$key" "$image-other:name"
    docker image rm "$image:$key" "$registry/$image:cache-$key" >/dev/null
    : >"$docker_calls"
    run_job
    expect_outcome local-hit "$(own_tag)"
    # The key's name may now belong to another image.
    docker tag docker-cache-test/busybox "$image:$key"
    run_job
    expect_outcome local-hit "$(own_tag)"
    expect "$(calls '^(pull|build|push) ')" 0 "pulls, builds and pushes"
}

@test "an expired image in the registry is built again, and takes its place" {
    local first
    run_job
    expect_outcome miss
    first=$digest
    another_agent
    option MAX_AGE_DAYS 0
    run_job
    expect_outcome expired
    [ "$digest" != "$first" ] || fail "the registry still has $first"
    expect "$(registry_tags)" "$(printf 'cache-%s\nlatest' "$key")" tags
}

@test "an image of another platform is not taken, and is replaced" {
    run_job
    expect_outcome miss
    put_foreign_image "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    local foreign
    foreign=$(registry_digest "$image" "cache-$key")
    another_agent
    run_job
    expect_outcome miss
    [ "$digest" != "$foreign" ] || fail "the step got the image of another platform"
    expect "$(registry_digest "$image" "cache-$key")" "$digest" 'what the tag names'
    another_agent
    run_job
    expect_outcome registry-hit
}

@test "variables may name the registry and the repository, and one that is not set stops the step" {
    export HOSTED=$registry TEAM=$image
    # The values are the names of the variables.
    # shellcheck disable=SC2016
    option REGISTRY_URL '$HOSTED'
    # shellcheck disable=SC2016
    option REGISTRY_REPOSITORY '$TEAM/ci'
    run_job
    expect_outcome miss
    expect "$(query 'SELECT cache_image FROM entries')" "$registry/$image/ci:cache-$key" 'the cache image'
    another_agent
    run_job
    expect_outcome registry-hit
    unset HOSTED
    # An environment hook of the agent may still set it.
    run_hook environment
    expect "$status" 0 'status of environment'
    run_hook pre-command
    expect "$status" 64 'status of pre-command'
    expect_text "$errors" 'HOSTED'
}

@test "a registry that does not let us in is told from one that has nothing" {
    use_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    run_job
    expect_outcome miss
    expect_text "$output" 'registry-refused'
    expect_text "$errors" 'does not accept the credentials'
    expect "$(query 'SELECT reason FROM events')" registry-refused reason
}

@test "a registry is asked with the credentials that docker has" {
    use_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    docker login --username "$DOCKER_CACHE_TEST_PROTECTED_USERNAME" --password-stdin "$registry" \
        <<<"$DOCKER_CACHE_TEST_PROTECTED_PASSWORD" >/dev/null 2>&1
    run_job
    expect_outcome miss
    expect_text "$output" 'new-key'
    another_agent
    run_job
    expect_outcome registry-hit
}

@test "skip-pull-from-cache asks only, and the step gets the name in the registry" {
    option SKIP_PULL_FROM_CACHE true
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" miss OUTCOME
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$registry/$image:cache-$key" image
    local pushed=$digest
    another_agent
    : >"$docker_calls"
    run_job
    expect "$status" 0 status
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" registry-hit OUTCOME
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$registry/$image:cache-$key" image
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_IMAGE]:-}" "$registry/$image" EXPORT_IMAGE
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_TAG]:-}" "cache-$key" EXPORT_TAG
    expect "$digest" "$pushed" digest
    expect "$(image_names)" '' "images on the agent"
    expect "$(calls '^(pull|login|build|push|tag) ')" 0 "calls of docker"
    # The index alone is not trusted, because the image may have been deleted.
    curl -fsS -X DELETE "http://$registry/v2/$image/manifests/$pushed"
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" miss OUTCOME
    expect_text "$output" 'image-gone'
}

@test "skip-pull-from-cache needs a registry" {
    option PROVIDER local
    option SKIP_PULL_FROM_CACHE true
    run_job
    expect_failure 64 'skip-pull-from-cache .*provider local has no registry'
}

@test "registry-check: never lets the index alone decide" {
    option REGISTRY_CHECK never
    run_job
    expect_outcome miss
    local pushed=$digest
    # The index knows where the image is, so it is pulled without a query.
    forget_images
    run_job
    expect_outcome registry-hit
    expect "$digest" "$pushed" digest
    option SKIP_PULL_FROM_CACHE true
    forget_images
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" registry-hit OUTCOME
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$registry/$image:cache-$key" image
    no_option SKIP_PULL_FROM_CACHE
    another_agent
    run_job
    expect_outcome miss
    expect_text "$output" 'new-key'
}

# bats test_tags=core
@test "a tag that exists and cannot be moved means saved" {
    use_immutable_registry
    run_job
    expect_outcome miss
    local first=$digest
    # Built later, and therefore a different image.
    use_index "$BATS_TEST_TMPDIR/new/index.db"
    option RESTORE false
    run_job
    expect_outcome bypassed
    expect_text "$output" 'already, and keeps it'
    expect "$digest" '' 'the digest of an image that the registry does not have'
    expect "$(registry_digest "$image" "cache-$key")" "$first" 'what the registry has'
    no_option RESTORE
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$digest" "$first" digest
    # For another key, the key's own tag is new, but the fallback tag is not.
    echo other >content.txt
    run_job
    expect_outcome miss
    expect_text "$errors" 'latest could not be moved'
}

@test "an expired image behind a tag that cannot be moved is deleted" {
    use_immutable_registry --except latest
    age_cache_image
    run_job
    expect_outcome expired
    expect "$(registry_tags)" "$(printf 'cache-%s\nlatest' "$key")" tags
    another_agent
    run_job
    expect_outcome registry-hit
}

@test "an expired image behind a tag that can be neither moved nor deleted gets a successor, which is found" {
    use_immutable_registry --no-delete --except latest
    age_cache_image
    run_job
    expect_outcome expired
    expect_text "$output" "the new image is $registry/$image:cache-$key-r1"
    expect "$(registry_tags)" "$(printf 'cache-%s\ncache-%s-r1\nlatest' "$key" "$key")" tags
    another_agent
    run_job
    expect_outcome registry-hit
    expect_text "$output" 'Key'
}

# age_cache_image: pushes an old image to the cache tag, without the hooks.
age_cache_image() {
    local old
    run "$DOCKER_CACHE_BIN" key --index "$BATS_TEST_TMPDIR/key-index/index.db"
    old=$registry/$image:cache-$output
    printf 'FROM docker-cache-test/busybox\nLABEL io.docker-cache.built-at=2020-01-01T00:00:00Z n=%s\n' "$RANDOM" |
        docker build -q -t "$old" - >/dev/null
    docker push -q "$old" >/dev/null
    docker image rm "$old" >/dev/null
}

@test "a docker that does not read its password costs a warning" {
    use_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    cat >"$BATS_TEST_TMPDIR/watch/docker" <<WATCH
#!/usr/bin/env bash
if [ "\$1" = login ]; then grep SigIgn "/proc/\$\$/status" >'$BATS_TEST_TMPDIR/ignored'; exec <&-; exit 1; fi
exec '$real_docker' "\$@"
WATCH
    option REGISTRY_USERNAME somebody
    # Larger than the pipe to docker, so that the write must fail.
    PASSWORD=$(head -c 100000 /dev/zero | tr '\0' x)
    export PASSWORD
    # The value is the name of the variable.
    # shellcheck disable=SC2016
    option REGISTRY_PASSWORD '$PASSWORD'
    run_job
    expect_outcome miss
    expect_text "$errors" 'could not be saved'
    # SIGPIPE is signal 13. We ignore it, but docker must not.
    expect "$((0x$(cut -f2 "$BATS_TEST_TMPDIR/ignored") >> 12 & 1))" 0 "whether docker ignores SIGPIPE"
}

@test "a base image that only its registry has is asked for there" {
    # With the legacy builder the key covers the whole context, so no registry is queried.
    only_with_buildkit
    local base=$registry/$image/base
    printf 'FROM docker-cache-test/busybox\nENV A=1\n' | docker build -q -t "$base" - >/dev/null
    docker push -q "$base" >/dev/null
    docker image rm "$base" >/dev/null
    sed -i "s|^FROM docker-cache-test/busybox|FROM $base|" Dockerfile
    run_job
    expect_outcome miss
    [[ $output != *'whole context is in the key'* ]] || fail "$output"
    expect "$(query "SELECT count(*) FROM base_images WHERE reference = '$base' AND digest LIKE 'sha256:%'")" 1 \
        "what is remembered"
    echo 'another' >not-copied.txt
    run_job
    expect_outcome local-hit
}

@test "of two agents that miss a key at the same moment, the second takes what the first has saved" {
    local job first second=$BATS_TEST_TMPDIR/second
    touch "$BATS_TEST_TMPDIR/hold"
    agent_script "$second" pre-command
    setsid "$second/script" >"$second/output" 2>"$second/errors" 3>&- &
    job=$!
    build_waits() { [ "$(builds)" -eq 1 ]; }
    wait_until build_waits
    # Another index simulates another agent. Its docker is not delayed.
    PATH=${PATH/"$BATS_TEST_TMPDIR/watch:"/} BUILDKITE_PLUGIN_DOCKER_CACHE_INDEX=$second/other.db run_job
    expect "$status" 0 'status of the first'
    first=$digest
    rm "$BATS_TEST_TMPDIR/hold"
    wait "$job"
    read_hook "$second"
    expect_text "$output" 'Another agent has saved'
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]}" miss 'outcome of the second'
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_DIGEST]}" "$first" 'digest of the second'
    expect "$(calls '^push ')" 0 'pushes of the second'
    expect "$(registry_digest "$image" "cache-$key")" "$first" 'what the registry has'
}

@test "a tag that names the image already is success where tags are not moved, and another image's is a warning" {
    use_immutable_registry
    option TAGS v1
    run_job
    expect_outcome miss
    local first=$digest
    run_job
    expect_outcome local-hit
    expect "$errors" '' 'what is said of a tag that is right'
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$(grep -c 'v1' <<<"$errors" || true)" 0 'what is said of it on another agent'
    echo other >content.txt
    run_job
    expect_outcome miss
    expect_text "$errors" 'The tag v1 was not set.*does not move tags'
    expect "$(registry_digest "$image" v1)" "$first" 'what v1 names'
}
