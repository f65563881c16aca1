#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# A cache image whose tag names an OCI index that contains the image and an attestation. Builds with provenance or an
# SBOM have this form, and an agent with another kind of Docker may have pushed it.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry
}

teardown() { end_to_end_teardown; }

readonly index_type=application/vnd.oci.image.index.v1+json
readonly manifest_type=application/vnd.oci.image.manifest.v1+json

# attest TAG...: makes each tag name an index of its current image and an attestation.
attest() {
    local manifest type platform attestation described statement configuration index digest tag
    manifest=$(registry_manifest "$image" "$1")
    if [ "$(jq -r .mediaType <<<"$manifest")" = "$index_type" ]; then return; fi
    type=$(jq -r .mediaType <<<"$manifest")
    digest=$(registry_digest "$image" "$1")
    platform=$(docker version --format '{"architecture":"{{.Server.Arch}}","os":"{{.Server.Os}}"}')
    statement=$(put_blob "$image" '{"_type":"https://in-toto.io/Statement/v0.1"}')
    configuration='{"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":[]}}'
    configuration=$(put_blob "$image" "$configuration")
    attestation=$(jq -nc --arg type "$manifest_type" --argjson configuration "$configuration" \
        --argjson statement "$statement" '{schemaVersion: 2, mediaType: $type,
        config: ($configuration + {mediaType: "application/vnd.oci.image.config.v1+json"}),
        layers: [$statement + {mediaType: "application/vnd.in-toto+json"}]}')
    described=sha256:$(printf '%s' "$attestation" | sha256sum | cut -d' ' -f1)
    put_manifest "$image" "$described" "$attestation"
    # The attestation comes first: the lookup must find the image at any position.
    index=$(jq -nc --arg index "$index_type" --arg type "$type" --arg digest "$digest" \
        --argjson size "$(printf '%s' "$manifest" | wc -c)" --argjson platform "$platform" \
        --arg manifest "$manifest_type" --arg described "$described" --argjson length "${#attestation}" \
        '{schemaVersion: 2, mediaType: $index, manifests: [
        {mediaType: $manifest, digest: $described, size: $length,
        platform: {architecture: "unknown", os: "unknown"},
        annotations: {"vnd.docker.reference.digest": $digest, "vnd.docker.reference.type": "attestation-manifest"}},
        {mediaType: $type, $digest, $size, $platform}]}')
    for tag in "$@"; do put_manifest "$image" "$tag" "$index"; done
}


# saved_with_attestation: saves an image in the registry, as an index, and continues as another agent.
saved_with_attestation() {
    run_job
    expect_outcome miss
    attest "cache-$key" latest
    saved=$(registry_digest "$image" "cache-$key")
    another_agent
    : >"$docker_calls"
}

# bats test_tags=core
@test "an index: another agent takes the image that it has, and knows it by the digest of the index" {
    saved_with_attestation
    run_job
    expect_outcome registry-hit
    expect "$digest" "$saved" digest
    expect "$(query 'SELECT registry_digest FROM entries')" "$saved" "the digest in the index"
    expect "$(grep '^pull ' "$docker_calls")" "pull $registry/$image@$saved" "the pull"
    run_job
    expect_outcome local-hit
}

@test "an index: the age of the image in it counts" {
    option GC off
    saved_with_attestation
    use_own_clock
    echo $((29 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    run_job
    expect_outcome registry-hit
    another_agent
    echo $((31 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    run_job
    expect_outcome expired
}

@test "an index: an expired one is replaced by the image that is built then, and latest is moved to it" {
    saved_with_attestation
    option MAX_AGE_DAYS 0
    run_job
    expect_outcome expired
    [ "$digest" != "$saved" ] || fail "the registry still has $saved"
    expect "$(registry_digest "$image" "cache-$key")" "$digest" "the digest of the cache image"
    expect "$(registry_digest "$image" latest)" "$digest" "the digest of latest"
}

@test "an index: the labels of the image in it count" {
    saved_with_attestation
    local first=$key attested
    attested=$(registry_manifest "$image" "cache-$first")
    echo "other content of $image" >content.txt
    key=$("$DOCKER_CACHE_TEST_BIN" key --index "$index")
    put_manifest "$image" "cache-$key" "$attested"
    run_job
    expect_outcome miss
    expect_text "$errors" "says that it is $image built for the key $first. Not using it"
}

@test "an index: an image for another platform alone is not the one that is asked for" {
    saved_with_attestation
    local other
    other=$(registry_manifest "$image" "cache-$key" | jq -c '.manifests[1].platform.architecture = "s390x"')
    put_manifest "$image" "cache-$key" "$other"
    other=$(registry_digest "$image" "cache-$key")
    run_job
    expect_outcome miss
}

@test "an index: skip-pull-from-cache gives its name and digest" {
    option SKIP_PULL_FROM_CACHE true
    run_job
    attest "cache-$key" latest
    saved=$(registry_digest "$image" "cache-$key")
    another_agent
    : >"$docker_calls"
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" registry-hit OUTCOME
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$registry/$image:cache-$key" image
    expect "$digest" "$saved" digest
    expect "$(calls '^(pull|login|build|push|tag) ')" 0 "calls of docker"
}

@test "an index: what the daemon has under another name is taken" {
    saved_with_attestation
    run_job
    expect_outcome registry-hit
    docker tag "$image:$key" "$image-other:name"
    docker image rm "$image:$key" >/dev/null
    use_index "$BATS_TEST_TMPDIR/new/index.db"
    run_job
    expect_outcome registry-hit
    expect "$(docker image inspect --format '{{.Id}}' "$image:$key")" \
        "$(docker image inspect --format '{{.Id}}' "$image-other:name")" id
}

@test "an index: gc removes the local image with all its names" {
    option GC off
    saved_with_attestation
    run_job
    expect_outcome registry-hit
    change_rows 'UPDATE entries SET built_at = 1, last_used_at = 1'
    use_own_clock
    echo 7200 >"$BATS_TEST_TMPDIR/clock"
    "$DOCKER_CACHE_BIN" gc --index "$index" --image "$image" --max-age-days 30
    expect "$(image_names)" '' names
}

@test "an index: gc of the registry removes its tag" {
    option GC off
    saved_with_attestation
    local first=$key
    run_job
    expect_outcome registry-hit
    echo "more of $image" >>content.txt
    run_job
    expect_outcome miss
    use_own_clock
    echo 7200 >"$BATS_TEST_TMPDIR/clock"
    "$DOCKER_CACHE_BIN" gc --index "$index" --image "$image" --registry --provider registry \
        --registry-url "$registry" --registry-insecure --max-age-days 0.01
    expect "$(registry_tags)" "$(printf 'cache-%s\nlatest' "$key")" tags
    [ "$first" != "$key" ] || fail "the key is the same"
}

# bats test_tags=core
@test "an image has no attestation unless it is asked for: its tag names the image itself" {
    run_job
    expect_outcome miss
    expect "$(registry_manifest "$image" "cache-$key" | jq -r '.config.digest[:7]')" sha256: "the configuration"
}

@test "provenance that is asked for is in the registry, and the fallback tag names the same index" {
    only_on 'attestations need containerd'"'"'s image store' 28.5-containerd
    option ADDITIONAL_BUILD_ARGS --provenance=mode=max
    run_job
    expect_outcome miss
    expect "$(registry_manifest "$image" "cache-$key" | jq -r .mediaType)" "$index_type" "the type"
    expect "$(registry_digest "$image" latest)" "$digest" "the digest of latest"
    expect "$(calls '^push ')" 1 pushes
    local saved=$digest
    run_job
    expect_outcome local-hit
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$digest" "$saved" digest
}
