#!/usr/bin/env bats
#
# The options of buildkite-plugins/docker-cache v1.2.0, from all of its plugin.yml and README: each with its default and
# with a value, in that plugin's YAML, through our hooks as the agent runs them. docs/coming-from.md documents the same.
# Its artifactory provider is tested with a real registry.
#
# Strings in single quotes are for the plugin, which expands them.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper
load agent-variables

setup() {
    end_to_end_setup
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox AS base
ARG GREETING=hello
LABEL greeting=$GREETING
COPY content.txt /content.txt

FROM base AS production
LABEL stage=production

FROM base
DOCKERFILE
    registry=${DOCKER_CACHE_TEST_PROTECTED_REGISTRY:?}
    export ARTIFACTORY_IDENTITY_TOKEN=${DOCKER_CACHE_TEST_PROTECTED_PASSWORD:?}
    artifactory=$(jq -nc --arg url "$registry" --arg user "${DOCKER_CACHE_TEST_PROTECTED_USERNAME:?}" \
        '{"registry-url": $url, username: $user, "identity-token": "$ARTIFACTORY_IDENTITY_TOKEN"}')
    usual=$(jq -nc --arg image "$image" --argjson artifactory "$artifactory" \
        '{provider: "artifactory", image: $image, $artifactory}')
}

teardown() { end_to_end_teardown; }

# job JSON: runs both hooks, each on a new terminal. `output` has the terminal's content, which is a single stream.
job() {
    local hook directory
    echo "options: $1"
    agent_variables "$1"
    for hook in environment pre-command; do
        directory=$(mktemp -d "$BATS_TEST_TMPDIR/hook-XXXXXX")
        agent_script "$directory" "$hook"
        status=0
        "$BATS_TEST_DIRNAME/on_terminal.py" "$directory/script" "$directory/output" || status=$?
        sed -i 's/\r$//' "$directory/output"
        : >"$directory/errors"
        read_hook "$directory"
        [ "$status" -eq 0 ] || break
    done
    key=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_KEY]:-}
    outcome=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}
}

# with JSON: the usual options, plus these
with() { jq -c --argjson more "$1" '. * $more' <<<"$usual"; }

# first_job: runs a job with the defaults of all options
first_job() {
    job "$usual"
    expect "$outcome" miss outcome
    default_key=$key
}

# same_key JSON OUTCOME [PATTERN]: the option does not affect the image's content
same_key() {
    job "$(with "$1")"
    expect "$status" 0 status
    expect "$key" "$default_key" key
    expect "$outcome" "$2" outcome
    if [ $# -gt 2 ]; then expect_text "$output" "$3"; fi
}

# other_key JSON [PATTERN]: the option affects it
other_key() {
    job "$(with "$1")"
    expect "$status" 0 status
    expect "$outcome" miss outcome
    [ "$key" != "$default_key" ] || fail 'the key is that of the defaults'
    if [ $# -gt 1 ]; then expect_text "$output" "$2"; fi
}

# stopped JSON PATTERN...
stopped() {
    local pattern
    job "$1"
    expect "$status" 64 status
    expect "${#exported[@]}" 0 exports
    shift
    for pattern; do expect_text "$output" "$pattern"; done
}

label() { docker image inspect --format "{{index .Config.Labels \"$1\"}}" "$image:$key"; }

# kept_in PATTERN: where the last image was pushed
kept_in() { expect_text "$(calls_of push | tail -n 1)" "^push $registry/$1\$"; }

calls_of() { grep "^$1 " "$docker_calls" || true; }

@test "provider and image are required, and unknown options stop the step" {
    stopped "$(jq -c 'del(.provider)' <<<"$usual")" 'option provider is required'
    stopped "$(jq -c 'del(.image)' <<<"$usual")" 'option image is required'
    stopped "$(with '{"provider": "s3"}')" 'provider is "s3": expected one of .*ecr, gar, acr, buildkite, artifactory'
    stopped "$(with '{"image": "My-App"}')" 'capital letters; write "my-app"'
    stopped "$(with '{"max-age-day": 3}')" 'no option max-age-day. Did you mean max-age-days'
    stopped "$(with '{"key": "v1"}')" 'set `cache-key` instead'
}

@test "the step gets the image, and what v1.2 exported" {
    first_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$image:$key"
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_HIT]:-}" false
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_IMAGE]:-}" "$image"
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_TAG]:-}" "$key"
    same_key '{}' local-hit
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_HIT]:-}" true
    # In that plugin, another commit with the same files was a miss.
    export BUILDKITE_COMMIT=9876543210987654321098765432109876543210
    same_key '{}' local-hit
    echo changed >>content.txt
    other_key '{}'
}

@test "options that do not say what is in the image" {
    first_job
    kept_in "$image/$image:cache-$key"
    expect "$(registry_tags)" "cache-$key latest" tags
    same_key '{"strategy": "hybrid"}' local-hit
    same_key '{"strategy": "artifact"}' local-hit
    same_key '{"max-age-days": 30}' local-hit
    same_key '{"max-age-days": 0}' expired
    same_key '{"max-age-days": 0.5}' local-hit
    same_key '{"save": true, "restore": true}' local-hit
    same_key '{"restore": false}' bypassed restore-disabled
    same_key '{"strategy": "build"}' bypassed strategy-build
    same_key '{"verbose": false}' local-hit
    same_key '{"verbose": true}' local-hit '[$] docker|docker image inspect'
    same_key '{"cache-from": ["docker-cache-test/busybox:latest"]}' local-hit
    same_key '{"skip-pull-from-cache": false}' local-hit
    same_key '{"export-env-variable": "MY_IMAGE"}' local-hit
    expect "${exported[MY_IMAGE]:-}" "$image:$key"
    same_key '{"fallback-tag": "latest"}' local-hit
}

# registry_tags: the tags of the image in the registry, without those of records
registry_tags() {
    curl -fsS --user "$DOCKER_CACHE_TEST_PROTECTED_USERNAME:$DOCKER_CACHE_TEST_PROTECTED_PASSWORD" \
        "http://$registry/v2/$image/$image/tags/list" |
        jq -r '[.tags[] | select(test("record") | not)] | sort | join(" ")'
}

@test "tags, and a build that is not to be saved" {
    default_key=''
    other_key '{"save": false}'
    expect "$(calls_of push)" '' pushes
    default_key=$key
    same_key '{"tag": "ci", "fallback-tag": "cache-main"}' miss
    expect "$(registry_tags)" "cache-main ci-$key" tags
    another_agent
    same_key '{"tag": "ci", "fallback-tag": "cache-main"}' registry-hit
    another_agent
    same_key '{"tag": "ci", "skip-pull-from-cache": true}' registry-hit
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$registry/$image/$image:ci-$key"
    expect "$(image_names)" '' 'images on the agent'
}

@test "dockerfile, dockerfile-inline and context" {
    first_job
    same_key '{"dockerfile": "Dockerfile", "context": "."}' local-hit
    mkdir -p docker service
    sed 's/stage=production/stage=web/; s/^FROM base$/FROM production/' Dockerfile >docker/web
    other_key '{"dockerfile": "docker/web"}'
    expect "$(label stage)" web
    other_key '{"dockerfile-inline": "FROM docker-cache-test/busybox\nLABEL stage=inline\nCOPY content.txt /\n"}'
    expect "$(label stage)" inline
    # As in that plugin: the checkout's Dockerfile is used if the context has none.
    echo 'of the service' >service/content.txt
    other_key '{"context": "service"}' 'Builds Dockerfile, because there is no service/Dockerfile'
    expect "$(file_in_image content.txt)" 'of the service'
    cp docker/web service/Dockerfile
    other_key '{"context": "service"}' 'Builds service/Dockerfile, not Dockerfile'
    expect "$(label stage)" web
    stopped "$(with '{"context": "https://github.com/acme/shop.git"}')" 'only directories work'
    stopped "$(with '{"dockerfile": "Dockerfile.web"}')" 'dockerfile names Dockerfile.web'
}

@test "target and build arguments" {
    first_job
    other_key '{"target": "production"}'
    expect "$(label stage)" production
    other_key '{"build-args": ["GREETING=good morning"]}'
    expect "$(label greeting)" 'good morning'
    other_key '{"build-args": "GREETING=one"}'
    expect "$(label greeting)" one
    GREETING=two
    export GREETING
    other_key '{"build-args": ["GREETING"]}'
    expect "$(label greeting)" two
    other_key '{"build-args": ["GREETING="]}'
    expect "$(label greeting)" ''
    # In that plugin the argument was empty. Docker keeps the Dockerfile's default, and so does this plugin.
    unset GREETING
    same_key '{"build-args": ["GREETING"]}' local-hit
    other_key '{"additional-build-args": "--network=host --build-arg GREETING=three"}'
    expect "$(label greeting)" three
    stopped "$(with '{"build-args": {"GREETING": "four"}}')" 'expected a list, as in build-args: ."GREETING=…"'
}

@test "secrets" {
    only_with_buildkit
    first_job
    printf 'RUN --mount=type=secret,id=mysecret test "$(cat /run/secrets/mysecret)" = hidden\n' >>Dockerfile
    printf hidden >../secret
    other_key "$(jq -nc --arg file "$BATS_TEST_TMPDIR/secret" '{secrets: ["id=mysecret,src=\($file)"]}')"
    # Ids are in the key, but neither values nor their sources.
    default_key=$key
    export mysecret=hidden
    same_key '{"secrets": ["mysecret"]}' local-hit
    echo changed >>content.txt
    other_key '{"secrets": ["mysecret"]}'
    default_key=$key
    same_key '{"secrets": "id=mysecret"}' local-hit
    unset mysecret
    stopped "$(with '{"secrets": ["mysecret"]}')" 'variable mysecret, which is not set'
}

@test "cache-key" {
    first_job
    other_key '{"cache-key": "v1"}' 'from the option cache-key'
    default_key=$key
    echo changed >>content.txt
    same_key '{"cache-key": "v1"}' local-hit
    other_key '{"cache-key": ["my-key", "v1.0"]}'
    echo one >a.lock
    # A literal string, as in that plugin.
    other_key '{"cache-key": "a.lock"}' 'cache-key "a.lock" counts as a text.*"\./a\.lock"'
    echo one >b.lock
    other_key '{"cache-key": "./a.lock,./b.lock"}'
    default_key=$key
    echo two >b.lock
    other_key '{"cache-key": "./a.lock,./b.lock"}'
    # In that plugin a missing path was a warning, and was ignored.
    stopped "$(with '{"cache-key": "./a.lock,./gone.lock"}')" 'cache-key.*\./gone\.lock'
    # In that plugin it was the key.
    BUILDKITE_PLUGIN_DOCKER_CACHE_KEY=v1 stopped_by_key
}

stopped_by_key() {
    agent_variables "$usual"
    export BUILDKITE_PLUGIN_DOCKER_CACHE_KEY=v1
    run_hook environment
    expect_failure 64 'set `cache-key` instead'
}

# named JSON REPOSITORY: the repository in which the provider keeps the image. Its registry is not reachable from here.
named() {
    rm -rf "${index%/*}"
    job "$(jq -nc --arg image "$image" --argjson more "$1" '{$image} + $more')"
    expect "$status" 0 status
    expect "$(query 'SELECT DISTINCT scope FROM entries')" "$(jq -r .provider <<<"$1") $2:cache $image" scope
}

@test "artifactory" {
    local without
    first_job
    kept_in "$image/$image:cache-$key"
    job "$(with '{"artifactory": {"repository": "docker-local"}}')"
    kept_in "docker-local/$image:cache-$key"
    export ARTIFACTORY_URL=http://$registry
    another_agent
    job "$(with '{"artifactory": {"registry-url": "$ARTIFACTORY_URL"}}')"
    expect "$outcome" registry-hit outcome
    for without in registry-url username identity-token; do
        stopped "$(jq -c --arg name "$without" 'del(.artifactory[$name])' <<<"$usual")" \
            "artifactory.$without is required"
    done
    job "$(with '{"artifactory": {"identity-token": "$NOWHERE"}}')"
    expect "$status" 64 status
    expect_text "$output" 'variable NOWHERE, which is not set'
    # Its README has a single $, which is interpolated when the pipeline is uploaded.
    job "$(with '{"artifactory": {"identity-token": ""}}')"
    expect "$status" 64 status
    expect_text "$output" 'write [$][$]NAME, such as [$][$]ARTIFACTORY_IDENTITY_TOKEN'
    stopped "$(with '{"artifactory": {"registry-url": "not a host"}}')" artifactory.registry-url
}

@test "ecr" {
    local host=123456789012.dkr.ecr.us-east-1.amazonaws.com
    named '{"provider": "ecr", "ecr": {"region": "us-east-1", "account-id": "123456789012"}}' "$host/$image"
    named "{\"provider\": \"ecr\", \"ecr\": {\"registry-url\": \"$host\"}}" "$host/$image"
    named "{\"provider\": \"ecr\", \"ecr\": {\"registry-url\": \"$host\", \"region\": \"us-east-1\"}}" "$host/$image"
    export AWS_REGION=us-east-1
    named '{"provider": "ecr", "ecr": {"account-id": "123456789012"}}' "$host/$image"
    stopped "$(with '{"provider": "ecr", "ecr": {"region": "us-east"}}')" ecr.region
    stopped "$(with '{"provider": "ecr", "ecr": {"account-id": "123"}}')" '12 digits'
}

@test "gar" {
    local path="my-gcp-project/${image//\//-}/$image"
    named '{"provider": "gar", "gar": {"project": "my-gcp-project"}}' "us-docker.pkg.dev/$path"
    # In that plugin it was us.gcr.io, which no longer exists.
    named '{"provider": "gar", "gar": {"project": "my-gcp-project", "region": "us"}}' "us-docker.pkg.dev/$path"
    named '{"provider": "gar", "gar": {"project": "my-gcp-project", "region": "europe-west10-docker.pkg.dev"}}' \
        "europe-west10-docker.pkg.dev/$path"
    named '{"provider": "gar", "gar": {"project": "my-gcp-project", "repository": "docker"}}' \
        "us-docker.pkg.dev/my-gcp-project/docker/$image"
    stopped "$(with '{"provider": "gar"}')" 'gar.project is required'
    stopped "$(with '{"provider": "gar", "gar": {"project": "my-gcp-project", "region": "mars"}}')" gar.region
}

@test "buildkite" {
    local host=packages.buildkite.com
    export BUILDKITE_API_TOKEN=token MY_TOKEN=token
    named '{"provider": "buildkite"}' "$host/acme/${image//\//-}/$image"
    named '{"provider": "buildkite", "buildkite": {"org-slug": "my-org"}}' "$host/my-org/${image//\//-}/$image"
    named '{"provider": "buildkite", "buildkite": {"registry-slug": "images", "api-token": "$MY_TOKEN"}}' \
        "$host/acme/images/$image"
    named '{"provider": "buildkite", "buildkite": {"registry-slug": "images", "auth-method": "oidc"}}' \
        "$host/acme/images/$image"
    unset BUILDKITE_API_TOKEN
    stopped "$(with '{"provider": "buildkite"}')" 'variable BUILDKITE_API_TOKEN, which is not set'
    stopped "$(with '{"provider": "buildkite", "buildkite": {"auth-method": "password"}}')" 'api-token or oidc'
}

@test "acr" {
    export DOCKER_CACHE_TEST_TOOLS=$BATS_TEST_TMPDIR/tools
    mkdir "$DOCKER_CACHE_TEST_TOOLS"
    echo myregistry >"$DOCKER_CACHE_TEST_TOOLS/az-registry"
    echo myregistry.azurecr.io >"$DOCKER_CACHE_TEST_TOOLS/az-server"
    echo token >"$DOCKER_CACHE_TEST_TOOLS/az-token"
    ln -s "$BATS_TEST_DIRNAME/tools/az" "$BATS_TEST_TMPDIR/watch/az"
    named '{"provider": "acr", "acr": {"registry-name": "myregistry"}}' "myregistry.azurecr.io/$image/$image"
    named '{"provider": "acr", "acr": {"registry-name": "myregistry", "repository": "docker-cache"}}' \
        "myregistry.azurecr.io/docker-cache/$image"
    stopped "$(with '{"provider": "acr"}')" 'acr.registry-name is required'
    stopped "$(with '{"provider": "acr", "acr": {"registry-name": "my-registry"}}')" '5 to 50 letters'
}
