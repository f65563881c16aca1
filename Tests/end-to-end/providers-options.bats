#!/usr/bin/env bats
#
# An invalid option of a provider stops the job before anything is done, with status 64 and a message that names the
# option, the value, and what is allowed. Needs no registry.
#
# Strings in single quotes are for the plugin, which expands them.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup() {
    end_to_end_setup
    tool_calls=$BATS_TEST_TMPDIR/tool-calls
    : >"$tool_calls"
    local tool
    for tool in aws az gcloud buildkite-agent; do
        printf '#!/bin/sh\necho "%s $*" >>%s\nexit 1\n' "$tool" "$tool_calls" >"$BATS_TEST_TMPDIR/watch/$tool"
        chmod +x "$BATS_TEST_TMPDIR/watch/$tool"
    done
}

teardown() { end_to_end_teardown; }

# use PROVIDER [OPTION VALUE]...: sets these options, and removes all other options of providers
use() {
    local name
    for name in $(compgen -e | grep -E '^BUILDKITE_PLUGIN_DOCKER_CACHE_(ECR|GAR|ACR|BUILDKITE|ARTIFACTORY)_'); do
        unset "$name"
    done
    option PROVIDER "$1"
    shift
    while [ $# -gt 0 ]; do
        echo "$1: $2"
        option "$1" "$2"
        shift 2
    done
}

# accepted: expects no errors. Runs only the environment hook, which does nothing else.
accepted() {
    run_hook environment
    expect "$status" 0 status
    expect "$errors" '' errors
    nothing_was_done
}

@test "ecr: regions" {
    local region
    for region in eu-central-1 us-gov-west-1 us-iso-east-1 cn-north-1 ap-southeast-5 mx-central-1; do
        use ecr ECR_REGION "$region" ECR_ACCOUNT_ID 123456789012
        accepted
    done
    for region in frankfurt EU-Central-1 eu_central_1 eu-central eu-central-1a 'eu central 1' eu-central-1.amazonaws; do
        use ecr ECR_REGION "$region" ECR_ACCOUNT_ID 123456789012
        refused 'ecr.region' "$region"
    done
}

@test "ecr: accounts" {
    local account
    use ecr ECR_ACCOUNT_ID 012345678901
    accepted
    for account in 12345678901 1234567890123 12345678901a 1234-5678-9012; do
        use ecr ECR_ACCOUNT_ID "$account"
        refused 'ecr.account-id' "$account" '12 digits'
    done
}

@test "ecr: registries" {
    local url
    for url in 123456789012.dkr.ecr.eu-central-1.amazonaws.com 123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn \
        123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com 123456789012.dkr-ecr.eu-west-1.on.aws \
        public.ecr.aws/alias https://123456789012.dkr.ecr.eu-central-1.amazonaws.com '$ECR_URL'; do
        use ecr ECR_REGISTRY_URL "$url"
        accepted
    done
    for url in registry.example.com 123.dkr.ecr.eu-central-1.amazonaws.com \
        123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com; do
        use ecr ECR_REGISTRY_URL "$url"
        refused 'ecr.registry-url' "$url"
    done
}

@test "ecr: days" {
    local days
    for days in 0 -1 1.5 soon; do
        use ecr ECR_REGION eu-central-1 ECR_LIFECYCLE_DAYS "$days"
        refused 'ecr.lifecycle-days' "$days"
    done
    use ecr ECR_REGION eu-central-1 ECR_LIFECYCLE_DAYS 30
    accepted
}

@test "gar: a project is needed" {
    use gar GAR_REPOSITORY images
    refused 'gar.project'
    local project
    for project in My-Project 'my project' 1project my/project; do
        use gar GAR_PROJECT "$project" GAR_REPOSITORY images
        refused 'gar.project' "$project"
    done
    for project in my-project-1 example.com:my-project; do
        use gar GAR_PROJECT "$project" GAR_REPOSITORY images
        accepted
    done
}

@test "gar: regions" {
    local region
    for region in us europe asia europe-west3 northamerica-northeast1 me-central2 europe-west3-docker.pkg.dev \
        us-docker.pkg.dev gcr.io eu.gcr.io; do
        use gar GAR_PROJECT my-project GAR_REGION "$region" GAR_REPOSITORY images
        accepted
    done
    for region in mars https://us-docker.pkg.dev us-docker.pkg.dev/my-project registry.example.com EUROPE; do
        use gar GAR_PROJECT my-project GAR_REGION "$region" GAR_REPOSITORY images
        refused 'gar.region' "$region"
    done
}

@test "gar: repositories" {
    local repository
    for repository in Images 1images images- my_images team/images; do
        use gar GAR_PROJECT my-project GAR_REPOSITORY "$repository"
        refused 'gar.repository' "$repository"
    done
}

@test "acr: registries" {
    local name
    use acr
    refused 'acr.registry-name'
    for name in four my-registry 'my registry' "$(printf 'a%.0s' {1..51})"; do
        use acr ACR_REGISTRY_NAME "$name"
        refused 'acr.registry-name' "$name"
    done
    for name in myregistry MyRegistry5; do
        use acr ACR_REGISTRY_NAME "$name"
        accepted
    done
}

@test "acr: repositories" {
    use acr ACR_REGISTRY_NAME myregistry ACR_REPOSITORY Team//cache
    refused 'acr.repository' 'Team//cache'
}

@test "buildkite: a registry, and an organization" {
    use buildkite BUILDKITE_AUTH_METHOD oidc
    accepted
    use buildkite BUILDKITE_REGISTRY_SLUG 'my images'
    refused 'buildkite.registry-slug' 'my images'
    use buildkite BUILDKITE_REGISTRY_SLUG team/images
    refused 'buildkite.registry-slug' team/images
    use buildkite BUILDKITE_REGISTRY_SLUG images BUILDKITE_ORG_SLUG 'Acme Inc'
    refused 'buildkite.org-slug' 'Acme Inc'
    use buildkite BUILDKITE_REGISTRY_SLUG images BUILDKITE_AUTH_METHOD oidc
    accepted
    unset BUILDKITE_ORGANIZATION_SLUG
    run_hook pre-command
    expect_failure 64 'buildkite.org-slug'
}

@test "buildkite: ways to log in" {
    use buildkite BUILDKITE_REGISTRY_SLUG images BUILDKITE_AUTH_METHOD password
    refused 'buildkite.auth-method' password api-token oidc
}

@test "artifactory: address, user and token are needed" {
    local -a all=(ARTIFACTORY_REGISTRY_URL acme.jfrog.io ARTIFACTORY_USERNAME ci ARTIFACTORY_IDENTITY_TOKEN secret)
    use artifactory "${all[@]}"
    accepted
    use artifactory "${all[@]:2}"
    refused 'artifactory.registry-url'
    use artifactory "${all[@]:0:2}" "${all[@]:4}"
    refused 'artifactory.username'
    use artifactory "${all[@]:0:4}"
    refused 'artifactory.identity-token'
}

@test "artifactory: addresses" {
    local url
    for url in acme.jfrog.io acme-docker.jfrog.io registry.example.com:8443 registry.example.com/artifactory \
        localhost:8082/docker https://acme.jfrog.io 'https://$ARTIFACTORY_HOST/docker' '$ARTIFACTORY_URL'; do
        use artifactory ARTIFACTORY_REGISTRY_URL "$url" ARTIFACTORY_USERNAME ci ARTIFACTORY_IDENTITY_TOKEN secret
        accepted
    done
    for url in ftp://acme.jfrog.io artifactory acme.jfrog.io:port acme.jfrog.io//docker acme.jfrog.io/Docker; do
        use artifactory ARTIFACTORY_REGISTRY_URL "$url" ARTIFACTORY_USERNAME ci ARTIFACTORY_IDENTITY_TOKEN secret
        refused 'artifactory.registry-url' "$url"
    done
}

@test "what happens to trouble" {
    use local ON_ERROR ignore
    refused on-error ignore warn fail
}
