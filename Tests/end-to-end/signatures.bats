#!/usr/bin/env bats
#
# Images that are signed when they are saved, and hits that require a signature. openssl makes the keys and also checks
# the signatures.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry
    keys=$BATS_TEST_TMPDIR/keys
    mkdir "$keys"
    new_key ours
    new_key theirs
    option SIGN_KEY "$keys/ours.pem"
    option VERIFY_KEY "$keys/ours.pub"
}

teardown() { end_to_end_teardown; }

# new_key NAME [ARGUMENT]...: makes a key with `openssl genpkey`; Ed25519 by default
new_key() {
    local name=$1
    shift
    if [ $# -eq 0 ]; then set -- -algorithm ed25519; fi
    openssl genpkey "$@" -out "$keys/$name.pem" 2>/dev/null
    openssl pkey -in "$keys/$name.pem" -pubout -out "$keys/$name.pub"
}

# signature_tag: the signature tag of the last image
signature_tag() { printf 'cache-signature-%s\n' "$(cut -c 8-47 <<<"$digest")"; }

# envelope: the signature envelope of the last image
envelope() {
    curl -fsS "http://$registry/v2/$image/blobs/$(
        registry_manifest "$image" "$(signature_tag)" | jq -r '.layers[0].digest'
    )"
}

# put_envelope TAG TEXT: puts another envelope under that tag
put_envelope() {
    local empty layer type=application/vnd.dsse.envelope.v1+json
    empty=$(put_blob "$image" '{}')
    layer=$(put_blob "$image" "$2")
    put_manifest "$image" "$1" "$(jq -nc --argjson empty "$empty" --argjson layer "$layer" --arg type "$type" '{
        schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: $type,
        config: ($empty + {mediaType: "application/vnd.oci.empty.v1+json"}),
        layers: [$layer + {mediaType: $type}]}')"
}

# checked_by_openssl KEY: verifies the signature of the last image with the commands of docs/trust.md
checked_by_openssl() {
    local others='^openssl dgst' directory=$BATS_TEST_TMPDIR/check
    if ! grep -q ED25519 < <(openssl pkey -pubin -in "$1" -noout -text); then others='^openssl pkeyutl'; fi
    mkdir -p "$directory"
    cp "$1" "$directory/docker-cache.pub"
    envelope >"$directory/envelope.json"
    sed -n '/^<!-- not run: needs the envelope/,/^```$/p' "$BATS_TEST_DIRNAME/../../docs/trust.md" |
        grep -vE "^(<!--|\`\`\`)|$others" >"$directory/commands"
    (cd "$directory" && bash -euo pipefail commands)
}

# bats test_tags=kind-dependent,core
@test "what is saved is signed, and a hit for those who ask for that, on this agent and on another" {
    run_job
    expect_outcome miss
    run checked_by_openssl "$keys/ours.pub"
    expect "$status" 0 "$output"
    run checked_by_openssl "$keys/theirs.pub"
    [ "$status" -ne 0 ] || fail 'openssl takes any key'
    expect "$(jq -c '[._type, .subject[0].name, .subject[0].digest.sha256, .predicateType, .predicate.key,
        .predicate.image, .predicate.tag]' "$BATS_TEST_TMPDIR/check/payload.json")" \
        "[\"https://in-toto.io/Statement/v1\",\"$registry/$image\",\"${digest#sha256:}\",$(:
        )\"urn:docker-cache:cache-image:v1\",\"$key\",\"$image\",\"cache\"]" payload
    run_job
    expect_outcome local-hit
    another_agent
    no_option SIGN_KEY
    run_job
    expect_outcome registry-hit
    run_job
    expect_outcome local-hit
}

@test "ECDSA keys do as well, and keys in variables" {
    new_key curve -algorithm EC -pkeyopt ec_paramgen_curve:P-256
    SIGN_KEY=$(cat "$keys/curve.pem")
    export SIGN_KEY
    option SIGN_KEY "\$SIGN_KEY"
    option VERIFY_KEY "$keys/curve.pub"
    run_job
    expect_outcome miss
    run checked_by_openssl "$keys/curve.pub"
    expect "$status" 0 "$output"
    another_agent
    run_job
    expect_outcome registry-hit
    if grep -rqF "$(sed -n 2p "$keys/curve.pem")" "$BATS_TEST_TMPDIR/index"* <(printf '%s' "$output$errors"); then
        fail 'the private key is in the index or the log'
    fi
}

@test "an image that was saved without a signature is built again, on its agent too" {
    no_option SIGN_KEY
    no_option VERIFY_KEY
    run_job
    expect_outcome miss
    option VERIFY_KEY "$keys/ours.pub"
    option SIGN_KEY "$keys/ours.pem"
    run_job
    expect_outcome miss
    expect_text "$output" 'unverified: the image has no valid signature'
    run_job
    expect_outcome local-hit
}

@test "an image that another key has signed is not used, and not pulled" {
    option SIGN_KEY "$keys/theirs.pem"
    option VERIFY_KEY "$keys/theirs.pub"
    run_job
    expect_outcome miss
    another_agent
    : >"$docker_calls"
    option SIGN_KEY "$keys/ours.pem"
    option VERIFY_KEY "$keys/ours.pub"
    run_job
    expect_outcome miss
    expect_text "$errors" 'is not used: its signature was not made by an accepted key'
    expect "$(calls '^pull ')" 0 pulls
    # While keys change, the list may contain both.
    another_agent
    option VERIFY_KEY "$(cat "$keys/theirs.pub" "$keys/ours.pub")"
    run_job
    expect_outcome registry-hit
}

# bats test_tags=kind-dependent
@test "a signature of one image is none of another, of the same key or of another" {
    run_job
    expect_outcome miss
    local first=$digest first_key=$key signed
    signed=$(envelope)
    echo changed >content.txt
    run_job
    expect_outcome miss
    # An attack by a user with write access to the registry: the first image under the second image's tag, and the first
    # image's signature as that of the second.
    put_manifest "$image" "cache-$key" "$(registry_manifest "$image" "cache-$first_key")" >/dev/null
    another_agent
    run_job
    expect_outcome miss
    expect_text "$errors" "is not used: its signature is for another key, $first_key"
    [ "$digest" != "$first" ] || fail 'the image is that of another key'

    put_envelope "$(signature_tag)" "$signed" >/dev/null
    another_agent
    run_job
    expect_outcome miss
    expect_text "$errors" 'is not used: its signature is for another digest'
}

@test "an old image with a good signature cannot be brought back after max-age-days" {
    use_own_clock
    run_job
    expect_outcome miss
    local old old_signature old_tag
    old=$(registry_manifest "$image" "cache-$key")
    old_tag=$(signature_tag)
    old_signature=$(envelope)
    echo $((20 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    another_agent
    run_job
    expect_outcome registry-hit
    echo $((31 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    another_agent
    run_job
    expect_outcome expired
    put_manifest "$image" "cache-$key" "$old" >/dev/null
    put_envelope "$old_tag" "$old_signature" >/dev/null
    another_agent
    run_job
    expect_outcome expired
}

# bats test_tags=kind-dependent,core
@test "layers are taken from a signed image alone" {
    only_with_buildx
    option LAYER_CACHE inline
    run_job
    expect_outcome miss
    local signed
    signed=$(envelope)
    put_envelope "$(signature_tag)" '{}' >/dev/null
    another_agent
    echo changed >content.txt
    run_job
    expect_outcome miss
    expect_text "$errors" 'No layers are taken from .*:latest: its signature cannot be read'
    another_agent
    echo again >content.txt
    run_job
    expect_outcome miss
    expect_text "$output" "Layers may be taken from $registry/$image@sha256:"
}

@test "a registry that keeps no signatures is a wrong configuration with verify-key" {
    use_proxy refusing_registry.py artifacts
    run_job
    expect_failure 64 'does not accept signatures, but verify-key requires them'
    no_option VERIFY_KEY
    run_job
    expect "$status" 0 status
    echo changed >content.txt
    run_job
    expect_outcome miss
    expect_text "$errors" 'is saved, but not signed'
    # A build that only verifies notices it too, although the index now knows that records are refused.
    no_option SIGN_KEY
    option VERIFY_KEY "$keys/ours.pub"
    echo again >content.txt
    run_job
    expect_failure 64 'does not accept signatures, but verify-key requires them'
    option SAVE false
    echo more >content.txt
    run_job
    expect_outcome miss
    end_proxy
}

@test "the owner's keys decide, and a key that is not there stops the step before anything is done" {
    export DOCKER_CACHE_VERIFY_KEY=$keys/theirs.pub
    run_job
    expect_outcome miss
    run_job
    expect_outcome miss
    export DOCKER_CACHE_VERIFY_KEY=$keys/none.pub
    run_job
    expect_failure 64 'The variable DOCKER_CACHE_VERIFY_KEY of this agent'
    expect "$(builds)" 2 builds
}

@test "forget --registry takes the signature with the image, and gc --registry one that was left" {
    run_job
    expect_outcome miss
    run "$DOCKER_CACHE_TEST_BIN" forget --registry --image "$image" --provider registry --registry-url "$registry" \
        --registry-insecure --index "$index" "$key"
    expect "$status" 0 "$output"
    expect "$(list_tags)" '' tags
    run_job
    expect_outcome miss
    curl -fsS -X DELETE "http://$registry/v2/$image/manifests/$digest" >/dev/null
    run "$DOCKER_CACHE_TEST_BIN" gc --registry --image "$image" --provider registry --registry-url "$registry" \
        --registry-insecure --index "$index"
    expect "$status" 0 "$output"
    expect "$(list_tags)" '' tags
}
