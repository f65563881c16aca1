#!/usr/bin/env bats
#
# Google Artifact Registry: a stub that checks the arguments of gcloud, and, if it is installed, the real gcloud with
# the tests' own interface. Both use a registry with the repositories that were created there.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup_file() {
    # Before the tools are hidden.
    gcloud=$(type -P gcloud || true)
    helper=$(type -P docker-credential-gcloud || true)
    export gcloud helper
    providers_setup_file
}

setup() {
    providers_setup gar
    use_stub gcloud
    use_stub docker-credential-gcloud
    repositories=$registry_parts/repositories
    project=project-$RANDOM$RANDOM
    token=$(some_secret)
    answers gcloud-token "$token"
    answers gcloud-repositories "$repositories"
    accept_account "$registry_parts" _dcgcloud_token "$token"
    mkdir "$repositories/$project"
    option GAR_PROJECT "$project"
    option GAR_REGION europe-west3
    option GAR_REPOSITORY team-images
}

teardown() {
    if [ -n "${project:-}" ]; then rm -rf "${repositories:?}/$project"; fi
    providers_teardown
}

# use_gcloud: uses the real gcloud, with a token and an interface that creates the same repositories as the stub
use_gcloud() {
    if [ -z "$gcloud" ] || [ -z "$helper" ]; then skip "gcloud is not installed"; fi
    remove_tool gcloud
    remove_tool docker-credential-gcloud
    watch_tool gcloud "$gcloud"
    watch_tool docker-credential-gcloud "$helper"
    CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY=$(cat "$DOCKER_CACHE_TEST_PROVIDERS/gcloud-endpoint")
    export CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY CLOUDSDK_CONFIG=$HOME/gcloud
    export CLOUDSDK_CORE_DISABLE_PROMPTS=1 CLOUDSDK_CORE_CHECK_GCE_METADATA=false
    export CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true
    export CLOUDSDK_AUTH_ACCESS_TOKEN_FILE=$HOME/token
    printf '%s\n' "$token" >"$CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"
}

docker_entry() { jq -r --arg host "$registry" '.credHelpers[$host]' "$DOCKER_CONFIG/config.json"; }

expect_made_in() { expect "$(cat "$repositories/$project/$1" 2>/dev/null)" "$2" "the location of $1"; }

repository_is_made_and_used() {
    makes_the_rounds
    is_kept_in "$project/team-images/$image"
    expect_made_in team-images europe-west3
    expect "$(docker_entry)" gcloud "the entry in Docker's configuration"
}

@test "gar: a repository is made in its location, and the next agent takes the image from there" {
    repository_is_made_and_used
}

@test "gar: the real gcloud makes the repository, and Docker's configuration" {
    use_gcloud
    repository_is_made_and_used
}

# bats test_tags=extended
@test "gar: an untrusted build makes its own repository, and not that of trusted builds" {
    option TRUSTED_BRANCHES main
    export BUILDKITE_BRANCH=evil
    run_job
    expect_outcome miss "untrusted-$key"
    is_kept_in "$project/team-images-untrusted/$image"
    expect_made_in team-images-untrusted europe-west3
    [ ! -e "$repositories/$project/team-images" ] || fail 'the repository of trusted builds was made'
    another_agent
    export BUILDKITE_BRANCH=main
    run_job
    expect_outcome miss
    is_kept_in "$project/team-images/$image"
}

# bats test_tags=extended
@test "gar: a host is as good as a region, and the repository is made in its location" {
    option GAR_REGION "$registry"
    repository_is_made_and_used
}

# bats test_tags=extended
@test "gar: a repository that is there is not made" {
    echo europe-west3 >"$repositories/$project/team-images"
    makes_the_rounds
    expect "$(tool_runs '^gcloud artifacts repositories create')" 0 "repositories made"
}

# bats test_tags=extended
@test "gar: a repository that another agent has just made is as good" {
    touch "$repositories/$project/.raced"
    makes_the_rounds
    [[ $errors != *ALREADY_EXISTS* ]] || fail "$errors"
}

# bats test_tags=extended
@test "gar: the real gcloud loses the race for a repository" {
    use_gcloud
    touch "$repositories/$project/.raced"
    repository_is_made_and_used
}

# bats test_tags=extended
@test "gar: Docker is configured once" {
    run_job
    expect_outcome miss
    expect "$(tool_runs '^gcloud auth configure-docker')" 1 "calls of configure-docker"
    forget_calls
    change_inputs
    run_job
    expect_outcome miss
    expect "$(tool_runs '^gcloud ')" 0 "calls of gcloud"
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$(tool_runs '^gcloud ')" 0 "calls of gcloud"
    expect "$(docker_logins)" 0 "docker logins"
}

# bats test_tags=extended
@test "gar: an entry that someone has made already is used, without gcloud" {
    echo europe-west3 >"$repositories/$project/team-images"
    mkdir -p "$DOCKER_CONFIG"
    printf '{"credHelpers":{"%s":"gcloud"}}\n' "$registry" >"$DOCKER_CONFIG/config.json"
    remove_tool gcloud
    makes_the_rounds
}

# bats test_tags=extended
@test "gar: an entry that is gone from Docker's configuration is made again" {
    run_job
    expect_outcome miss
    forget_images
    echo '{}' >"$DOCKER_CONFIG/config.json"
    forget_calls
    run_job
    expect_outcome registry-hit
    expect "$(tool_runs '^gcloud auth configure-docker')" 1 "calls of configure-docker"
}

# bats test_tags=extended
@test "gar: another configuration of Docker gets an entry of its own" {
    run_job
    expect_outcome miss
    forget_images
    another_docker_configuration
    run_job
    expect_outcome registry-hit
    expect "$(docker_entry)" gcloud
}

# bats test_tags=extended
@test "gar: a token that is refused costs a warning, and with on-error: fail ends the step" {
    accept_account "$registry_parts" _dcgcloud_token 'another token'
    run_job
    expect_outcome miss
    expect_text "$output" 'registry-refused'
    expect_text "$errors" "$registry"
    change_inputs
    option ON_ERROR fail
    run_job
    expect_failure 1 "$registry"
}

# bats test_tags=extended
@test "gar: without the gcloud command" {
    remove_tool gcloud
    goes_on_without 'no command gcloud|gcloud.* is missing'
}

# bats test_tags=extended
@test "gar: without an account" {
    answers problem not-logged-in
    goes_on_without 'gcloud auth|account'
}

# bats test_tags=extended
@test "gar: the real gcloud without an account" {
    use_gcloud
    unset CLOUDSDK_AUTH_ACCESS_TOKEN_FILE
    goes_on_without 'gcloud auth|account'
}

# bats test_tags=extended
@test "gar: without the permission to make a repository" {
    answers problem forbidden
    goes_on_without 'artifactregistry\.repositories\.create' 'Allow'
}

# bats test_tags=extended
@test "gar: the real gcloud without the permission to make a repository" {
    use_gcloud
    touch "$repositories/$project/.refused"
    goes_on_without 'artifactregistry\.repositories\.create' 'Allow'
}

# bats test_tags=extended
@test "gar: the token is nowhere" {
    run_traced_job
    expect_outcome miss
    forget_images
    run_traced_job
    expect_outcome registry-hit
    run ! grep -F "$token" "$BATS_TEST_TMPDIR/written" "$docker_calls" "$tool_calls" "$BATS_TEST_TMPDIR/trace"
    run ! grep -rF "$token" "$(dirname "$index")" "$DOCKER_CONFIG"
}

# bats test_tags=extended
@test "gar: two projects with the same image and key do not mix" {
    local other=$project-other
    run_job
    expect_outcome miss
    mkdir "$repositories/$other"
    option GAR_PROJECT "$other"
    run_job
    rm -rf "${repositories:?}/$other"
    expect_outcome miss
    is_in_two_places
}
