#!/usr/bin/env bats
#
# Runs the commands and pipelines of the documentation as written. Only names are replaced: the image, the registry, the
# key, and files outside the checkout. Examples that a comment marks as not run are left out.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper
load agent-variables

setup() {
    end_to_end_setup
    root=$BATS_TEST_DIRNAME/../..
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY npm content.txt /bin/
DOCKERFILE
    printf '#!/bin/sh\necho "npm $*"\n' >npm
    chmod +x npm
    mkdir -p docker/scripts
    echo '{}' >package-lock.json
    echo 'true' >docker/scripts/setup.sh
    registry=${DOCKER_CACHE_TEST_PROTECTED_REGISTRY:?}
    export REGISTRY_PASSWORD=${DOCKER_CACHE_TEST_PROTECTED_PASSWORD:?}
    docker login --username "${DOCKER_CACHE_TEST_PROTECTED_USERNAME:?}" --password-stdin "$registry" \
        <<<"$REGISTRY_PASSWORD" >/dev/null 2>&1
    ln -s "$DOCKER_CACHE_TEST_BIN" "$BATS_TEST_TMPDIR/watch/docker-cache"
    printf '#!/usr/bin/env bash\ncat >/dev/null\n' >"$BATS_TEST_TMPDIR/watch/buildkite-agent"
    chmod +x "$BATS_TEST_TMPDIR/watch/buildkite-agent"
    mkdir "$BATS_TEST_TMPDIR/examples"
    examples=$("$BATS_TEST_DIRNAME/documented.py" "$BATS_TEST_TMPDIR/examples" "$root"/README.md "$root"/docs/*.md)
}

teardown() { end_to_end_teardown; }

# examples_of ENDING
examples_of() { grep "\.$1\$" <<<"$examples"; }

# replaced KEY FILE: the example with names that exist
replaced() {
    sed "s,\bmy-app\b,$image,g; s,registry\.example\.com/team,$registry,g; s,\b4478c4ed\b,${1:0:8},g
        s,/tmp/vars\b,$BATS_TEST_TMPDIR/vars,g; s,--registry-url,--registry-insecure --registry-url,g" "$2"
}

# saved_key PROVIDER: the key of the lookup that was just made
saved_key() {
    local -a place=(--provider "$1")
    if [ "$1" = registry ]; then place+=(--registry-url "$registry" --registry-insecure); fi
    docker-cache run --image "$image" "${place[@]}" --format json 2>/dev/null | jq -r .key
}

@test "every command of the documentation runs" {
    local example provider
    export DOCKER_CACHE_INDEX=$index
    [ "$(examples_of sh | wc -l)" -gt 5 ] || fail 'there are too few examples'
    while IFS= read -r example; do
        provider='local'
        if grep -q -- --registry "$example"; then provider=registry; fi
        replaced "$(saved_key "$provider")" "$example" >"$example.replaced"
        run bash -euo pipefail "$example.replaced"
        [ "$status" -eq 0 ] || fail "${example##*/}: status $status: $(cat "$example.replaced") $output"
    done < <(examples_of sh)
    # The command that the first example of the README runs in the image.
    run docker-cache run --image "$image" --provider local -- npm test
    expect "$status" 0 status
    expect "$(tail -n 1 <<<"$output")" 'npm test' 'what the command in the image wrote'
}

@test "every pipeline of the documentation runs, and its command in the image" {
    local example options command provider
    [ "$(examples_of json | wc -l)" -gt 5 ] || fail 'there are too few examples'
    while IFS= read -r example; do
        # The example's options, plus the required ones if the example is a fragment.
        options=$(jq -c --arg image "$image" --arg url "$registry" \
            --arg user "$DOCKER_CACHE_TEST_PROTECTED_USERNAME" --arg index "$index" \
            '{provider: "registry", registry: {$url}} * .options | .image = $image | .index = $index
                | if .provider == "registry" then .registry.url = $url | .registry.insecure = true
                    else del(.registry) end
                | if .registry.username then .registry.username = $user else . end
                | walk(if type == "string" then gsub("\\$\\$"; "$") else . end)' "$example")
        options=${options//\$BUILDKITE_BUILD_NUMBER/$BUILDKITE_BUILD_NUMBER}
        agent_variables "$options"
        run_job
        expect "$status" 0 "the status of ${example##*/}: $output $errors"
        [[ $output$errors != *warning* ]] || fail "${example##*/}: $output $errors"
        command=$(jq -r '.command // empty' "$example")
        [ -n "$command" ] || continue
        export BUILDKITE_PLUGIN_DOCKER_IMAGE=${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]}
        run bash -euo pipefail -c "${command//\$\$/\$}"
        expect "$status" 0 "the status of the command of ${example##*/}: $output"
        expect_text "$output" 'npm test'
    done < <(examples_of json)
}
