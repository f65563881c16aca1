#!/usr/bin/env bats
#
# Buildkite Packages: a stub of the agent that issues tokens, and a registry that accepts images only for package
# registries that were created.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup_file() { providers_setup_file; }

setup() {
    providers_setup buildkite
    slug=images-$RANDOM$RANDOM
    mkdir -p "$registry_parts/repositories/acme"
    : >"$registry_parts/repositories/acme/$slug"
    token=$(some_secret)
    accept_account "$registry_parts" buildkite "$token"
    export BUILDKITE_API_TOKEN=$token
    option BUILDKITE_REGISTRY_SLUG "$slug"
}

teardown() {
    if [ -n "${slug:-}" ]; then rm -f "$registry_parts/repositories/acme/$slug"; fi
    providers_teardown
}

use_oidc() {
    unset BUILDKITE_API_TOKEN
    option BUILDKITE_AUTH_METHOD oidc
    answers oidc-token "$token"
}

# renew_token: from now on the agent issues a new token, and the registry accepts no other.
renew_token() {
    token=$(some_secret)
    answers oidc-token "$token"
    accept_account "$registry_parts" buildkite "$token"
}

tokens_asked_for() { tool_runs '^buildkite-agent oidc'; }

@test "buildkite: the next agent takes an image from the registry" {
    makes_the_rounds
    is_kept_in "acme/$slug/$image"
    expect "$(tokens_asked_for)" 0 "OIDC tokens"
}

# bats test_tags=extended
@test "buildkite: an organization can be another than the job's" {
    mkdir -p "$registry_parts/repositories/other"
    : >"$registry_parts/repositories/other/$slug"
    option BUILDKITE_ORG_SLUG other
    makes_the_rounds
    rm "$registry_parts/repositories/other/$slug"
    is_kept_in "other/$slug/$image"
}

# bats test_tags=extended
@test "buildkite: the token can be in another variable" {
    unset BUILDKITE_API_TOKEN
    export PACKAGES_TOKEN=$token
    # The plugin expands it.
    # shellcheck disable=SC2016
    option BUILDKITE_API_TOKEN '$PACKAGES_TOKEN'
    makes_the_rounds
}

@test "buildkite: the agent's token is for this registry, and lives for five minutes" {
    use_oidc
    makes_the_rounds
    run_job
    another_agent
    run_job
    # The first agent's login is still in Docker's configuration, but the new index does not know about it.
    expect_text "$(cat "$tool_calls")" "--audience https://packages\.buildkite\.com/acme/$slug( |\$)"
    expect_text "$(cat "$tool_calls")" '--lifetime 300( |$)'
}

# bats test_tags=extended
@test "buildkite: a login lasts" { login_lasts; }

# bats test_tags=extended
@test "buildkite: a login with the agent's token lasts" {
    use_oidc
    login_lasts
}

# bats test_tags=extended
@test "buildkite: a login that someone ended is made again" { logs_in_again_after docker_logout; }

# bats test_tags=extended
@test "buildkite: a login whose time is over is made again" {
    use_oidc
    logs_in_again_after login_ended
    expect "$(tokens_asked_for)" 1 "OIDC tokens"
}

# bats test_tags=extended
@test "buildkite: a token that the registry accepts no more is replaced by another" {
    use_oidc
    logs_in_again_after renew_token
    expect "$(tokens_asked_for)" 1 "OIDC tokens"
}

# during_a_build COMMAND...: runs a job that builds, and the command in the middle of the build
during_a_build() {
    change_inputs
    forget_calls
    touch "$BATS_TEST_TMPDIR/hold"
    run_job &
    local job=$!
    wait_until grep -Eq '^(buildx )?build ' "$docker_calls"
    "$@"
    rm "$BATS_TEST_TMPDIR/hold"
    wait "$job"
}

time_passes() {
    echo 600 >"$BATS_TEST_TMPDIR/clock"
    renew_token
}

# bats test_tags=extended
@test "buildkite: a token that runs out while the image is built is replaced before the push" {
    use_oidc
    use_own_clock
    run_job
    expect_outcome miss
    during_a_build time_passes
    expect "$(tokens_asked_for)" 1 "OIDC tokens"
    expect "$(calls '^push ')" 1 pushes
    another_agent
    run_job
    expect_outcome registry-hit
}

# bats test_tags=extended
@test "buildkite: a push that is refused, because another job replaced Docker's login, is tried with a new token" {
    use_oidc
    run_job
    expect_outcome miss
    during_a_build login_expired
    expect "$(tokens_asked_for)" 1 "OIDC tokens"
    another_agent
    run_job
    expect_outcome registry-hit
}

# bats test_tags=extended
@test "buildkite: two registries with tokens of their own do not take each other's login" {
    local second=$slug-second
    : >"$registry_parts/repositories/acme/$second"
    use_oidc
    run_job
    expect_outcome miss
    option BUILDKITE_REGISTRY_SLUG "$second"
    renew_token
    run_job
    rm "$registry_parts/repositories/acme/$second"
    expect_outcome miss
    is_in_two_places
    expect "$(tokens_asked_for)" 2 "OIDC tokens"
    expect_text "$(cat "$tool_calls")" "--audience https://packages\.buildkite\.com/acme/$second( |\$)"
}

# bats test_tags=extended
@test "buildkite: a token that is refused costs a warning, and with on-error: fail ends the step" {
    accept_account "$registry_parts" buildkite 'another token'
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
@test "buildkite: a registry that no one has made is a message with the address where one makes it" {
    rm "$registry_parts/repositories/acme/$slug"
    goes_on_without "acme/$slug" 'https://buildkite\.com/organizations/acme/packages'
}

# bats test_tags=extended
@test "buildkite: without the agent's command" {
    use_oidc
    remove_tool buildkite-agent
    goes_on_without 'no command buildkite-agent|buildkite-agent.* is missing'
}

# bats test_tags=extended
@test "buildkite: an API token needs no agent" {
    remove_tool buildkite-agent
    makes_the_rounds
}

# bats test_tags=extended
@test "buildkite: an agent that gets no token" {
    use_oidc
    answers problem refused
    goes_on_without 'audience is not allowed' 'policy'
}

# bats test_tags=extended
@test "buildkite: a variable without a value" {
    unset BUILDKITE_API_TOKEN
    stops_in_pre_command 'buildkite.api-token' 'BUILDKITE_API_TOKEN'
    export BUILDKITE_API_TOKEN=''
    stops_in_pre_command 'buildkite.api-token' 'BUILDKITE_API_TOKEN'
    # shellcheck disable=SC2016
    option BUILDKITE_API_TOKEN '$PACKAGES_TOKEN'
    stops_in_pre_command 'buildkite.api-token' 'PACKAGES_TOKEN'
    export PACKAGES_TOKEN=''
    stops_in_pre_command 'buildkite.api-token' 'PACKAGES_TOKEN'
}

# bats test_tags=extended
@test "buildkite: the API token is nowhere" { stays_secret "$token" BUILDKITE_API_TOKEN; }

# bats test_tags=extended
@test "buildkite: the agent's token is nowhere" {
    use_oidc
    stays_secret "$token"
}
