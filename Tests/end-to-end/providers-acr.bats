#!/usr/bin/env bats
#
# Azure Container Registry: a stub that checks the arguments of az, and a registry that creates a repository on the
# first push.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup_file() { providers_setup_file; }

setup() {
    providers_setup acr
    use_stub az
    token=$(some_secret)
    answers az-registry "${registry%%.*}"
    answers az-server "$registry"
    answers az-token "$token"
    accept_account "$registry_parts" "$user" "$token"
    option ACR_REGISTRY_NAME "${registry%%.*}"
    option ACR_REPOSITORY team/cache
}

teardown() { providers_teardown; }

# The user name for a login with a token.
user=00000000-0000-0000-0000-000000000000

# renew_token: from now on az issues a new token, and the registry accepts no other.
renew_token() {
    token=$(some_secret)
    answers az-token "$token"
    accept_account "$registry_parts" "$user" "$token"
}

@test "acr: the next agent takes an image from the registry" {
    makes_the_rounds
    is_kept_in "team/cache/$image"
}

# bats test_tags=extended
@test "acr: without a repository the image is kept in one of its own name" {
    no_option ACR_REPOSITORY
    makes_the_rounds
    is_kept_in "$image/$image"
}

# bats test_tags=extended
@test "acr: the usual login server is not asked for" {
    run_job
    expect_outcome miss
    is_kept_in "team/cache/$image"
    expect "$(tool_runs '^az acr show')" 0 "questions for the login server"
    expect "$(tool_runs '^az acr login')" 1 logins
}

# bats test_tags=extended
@test "acr: another login server is asked for once" {
    # No host has this name.
    answers az-registry "elsewhere${registry%%.*}"
    option ACR_REGISTRY_NAME "elsewhere${registry%%.*}"
    run_job
    expect_outcome miss
    is_kept_in "team/cache/$image"
    expect "$(tool_runs '^az acr show')" 1 "questions for the login server"
    expect "$(tool_runs '^az acr login')" 1 logins
    login_ended
    change_inputs
    run_job
    expect_outcome miss
    expect "$(tool_runs '^az acr show')" 1 "questions for the login server"
    expect "$(tool_runs '^az acr login')" 2 logins
}

# bats test_tags=extended
@test "acr: a login lasts" { login_lasts; }

# bats test_tags=extended
@test "acr: a login that someone ended is made again" { logs_in_again_after docker_logout; }

# bats test_tags=extended
@test "acr: a login whose time is over is made again" { logs_in_again_after login_ended; }

# bats test_tags=extended
@test "acr: a token that the registry accepts no more is replaced by another" {
    logs_in_again_after renew_token
    expect "$(tool_runs '^az acr login')" 1 "tokens asked for"
}

# bats test_tags=extended
@test "acr: a token that is refused costs a warning, and with on-error: fail ends the step" {
    accept_account "$registry_parts" "$user" 'another token'
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
@test "acr: without the az command" {
    remove_tool az
    goes_on_without 'no command az|az.* is missing'
}

# bats test_tags=extended
@test "acr: az is not logged in" {
    answers problem not-logged-in
    goes_on_without "Please run 'az login'" 'az login --identity'
}

# bats test_tags=extended
@test "acr: without permission" {
    answers problem forbidden
    goes_on_without 'AuthorizationFailed' 'AcrPush'
}

# bats test_tags=extended
@test "acr: a registry that does not exist" {
    option ACR_REGISTRY_NAME nosuchregistry
    goes_on_without 'nosuchregistry' 'acr.registry-name'
}

@test "acr: the token is nowhere" { stays_secret "$token"; }
