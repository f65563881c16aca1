#!/usr/bin/env bats
#
# JFrog Artifactory: a registry that accepts images only for repositories that were created. One registry requires a
# password, and one on another port sends its clients to a token server.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup_file() { providers_setup_file; }

setup() { use_artifactory artifactory; }

teardown() {
    if [ -n "${repository:-}" ]; then rm -f "$registry_parts/repositories/$repository"; fi
    providers_teardown
}

# use_artifactory REGISTRY
use_artifactory() {
    providers_setup artifactory "$1"
    repository=docker-$RANDOM$RANDOM
    : >"$registry_parts/repositories/$repository"
    if [ -e "$registry_parts/password" ]; then
        token=$(cat "$registry_parts/password")
    else
        token=$(some_secret)
        accept_account "$registry_parts" ci "$token"
    fi
    export ARTIFACTORY_TOKEN=$token
    option ARTIFACTORY_REGISTRY_URL "$registry"
    option ARTIFACTORY_USERNAME ci
    # The plugin expands it.
    option ARTIFACTORY_IDENTITY_TOKEN '$ARTIFACTORY_TOKEN'
    option ARTIFACTORY_REPOSITORY "$repository"
}

# use_self_hosted: uses the registry on another port, instead of the one that setup has chosen
use_self_hosted() {
    rm -f "$registry_parts/repositories/$repository"
    rm -rf "$BATS_TEST_TMPDIR"/{tools,watch,checkout,htpasswd}
    use_artifactory artifactory-token
}

# renew_token: from now on the user has a new token, and the registry accepts no other.
renew_token() {
    token=$(some_secret)
    ARTIFACTORY_TOKEN=$token
    accept_account "$registry_parts" ci "$token"
}

@test "artifactory: the next agent takes an image from the registry" {
    makes_the_rounds
    is_kept_in "$repository/$image"
}

@test "artifactory: a registry on a port of its own that sends its clients for a token" {
    use_self_hosted
    makes_the_rounds
    is_kept_in "$repository/$image"
}

# bats test_tags=extended
@test "artifactory: the repository can be a part of the address" {
    option ARTIFACTORY_REGISTRY_URL "$registry/$repository"
    no_option ARTIFACTORY_REPOSITORY
    makes_the_rounds
    is_kept_in "$repository/$image"
}

# bats test_tags=extended
@test "artifactory: the user's name can be in a variable" {
    export ARTIFACTORY_USER=ci
    option ARTIFACTORY_USERNAME '$ARTIFACTORY_USER'
    makes_the_rounds
}

# bats test_tags=extended
@test "artifactory: a login lasts" { login_lasts; }

# bats test_tags=extended
@test "artifactory: a login that lasts, on a port of its own" {
    use_self_hosted
    login_lasts
}

# bats test_tags=extended
@test "artifactory: a login that someone ended is made again" { logs_in_again_after docker_logout; }

# bats test_tags=extended
@test "artifactory: a login whose time is over is made again" { logs_in_again_after login_ended; }

# bats test_tags=extended
@test "artifactory: a token that was replaced is taken up" { logs_in_again_after renew_token; }

# bats test_tags=extended
@test "artifactory: another user does not use the login of the first" {
    run_job
    expect_outcome miss
    change_inputs
    accept_account "$registry_parts" deploy "$token"
    option ARTIFACTORY_USERNAME deploy
    forget_calls
    run_job
    expect_outcome miss
    expect "$(docker_logins)" 1 "docker logins"
    expect "$(calls '^push ')" 1 pushes
}

# bats test_tags=extended
@test "artifactory: a token that is refused costs a warning, and with on-error: fail ends the step" {
    accept_account "$registry_parts" ci 'another token'
    run_job
    expect_outcome miss
    expect_text "$output" 'registry-refused'
    expect_text "$errors" "$registry"
    expect "$(docker_logins)" 1 "docker logins"
    change_inputs
    option ON_ERROR fail
    run_job
    expect_failure 1 "$registry"
}

# bats test_tags=extended
@test "artifactory: a repository that no one has made is a message with the address" {
    rm "$registry_parts/repositories/$repository"
    goes_on_without "$repository" "https://$registry"
}

# bats test_tags=extended
@test "artifactory: a variable without a value" {
    unset ARTIFACTORY_TOKEN
    stops_in_pre_command 'artifactory.identity-token' 'ARTIFACTORY_TOKEN'
    export ARTIFACTORY_TOKEN=''
    stops_in_pre_command 'artifactory.identity-token' 'ARTIFACTORY_TOKEN'
    export ARTIFACTORY_TOKEN=$token
    option ARTIFACTORY_USERNAME '$ARTIFACTORY_USER'
    stops_in_pre_command 'artifactory.username' 'ARTIFACTORY_USER'
    export ARTIFACTORY_USER=''
    stops_in_pre_command 'artifactory.username' 'ARTIFACTORY_USER'
}

# bats test_tags=extended
@test "artifactory: the token is nowhere" { stays_secret "$token" ARTIFACTORY_TOKEN; }

# bats test_tags=extended
@test "artifactory: an image that another provider keeps is not taken for one of Artifactory's" {
    run_job
    expect_outcome miss
    use_registry
    run_job
    expect_outcome miss
    is_in_two_places
}
