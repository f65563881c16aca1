#!/usr/bin/env bats
#
# Amazon ECR: the real `aws`, with moto for Amazon, and a registry with moto's repositories. Only the command line
# supports the agent's kind of credentials, so the plugin leaves all requests to it. providers-direct.bats tests the
# plugin's own requests to Amazon.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup_file() { providers_setup_file; }

setup() {
    providers_setup ecr
    account=${registry%%.*}
    aws=$DOCKER_CACHE_TEST_PROVIDERS/aws
    watch_tool aws "$aws"
    AWS_ENDPOINT_URL=$(cat "$DOCKER_CACHE_TEST_PROVIDERS/aws-endpoint")
    export AWS_ENDPOINT_URL
    secret=$(some_secret)
    mkdir -p "$HOME/.aws"
    cat >"$HOME/.aws/agent" <<AGENT
#!/bin/sh
echo '{"Version": 1, "AccessKeyId": "agent", "SecretAccessKey": "$secret"}'
AGENT
    chmod +x "$HOME/.aws/agent"
    printf '[default]\ncredential_process = %s\n' "$HOME/.aws/agent" >"$HOME/.aws/config"
    # No retries where they cannot help.
    export AWS_MAX_ATTEMPTS=1
    option ECR_REGION eu-central-1
    option ECR_ACCOUNT_ID "$account"
}

teardown() { providers_teardown; }

# amazon ARGUMENT...: the tests' own calls of aws
amazon() { AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-central-1 "$aws" "$@"; }

# refuse_only COMMAND PERMISSION: rejects one command in Amazon's words, and no other
refuse_only() {
    local who=arn:aws:iam::$account:user/agent
    refuse_tool aws "$1" "An error occurred (AccessDeniedException) when calling the operation: User: $who is not \
authorized to perform: $2 on resource: * because no identity-based policy allows the $2 action"
}

@test "ecr: a repository is made for the first image, and the next agent takes it from there" {
    makes_the_rounds
    is_kept_in "$image"
    amazon ecr describe-repositories --repository-names "$image" >/dev/null
}

# bats test_tags=extended
@test "ecr: an untrusted build makes its own repository, and not that of trusted builds" {
    option TRUSTED_BRANCHES main
    export BUILDKITE_BRANCH=evil
    run_job
    expect_outcome miss "untrusted-$key"
    is_kept_in "$image-untrusted"
    amazon ecr describe-repositories --repository-names "$image-untrusted" >/dev/null
    run ! amazon ecr describe-repositories --repository-names "$image"
    expect_text "$output" RepositoryNotFoundException
    another_agent
    run_job
    expect_outcome registry-hit "untrusted-$key"
    another_agent
    export BUILDKITE_BRANCH=main
    run_job
    expect_outcome miss
    is_kept_in "$image"
    amazon ecr describe-repositories --repository-names "$image" >/dev/null
}

# bats test_tags=extended
@test "ecr: a repository is made once, and not asked for before it is missed" {
    run_job
    expect_outcome miss
    expect "$(tool_runs '^aws ecr create-repository')" 1 "repositories made"
    forget_calls
    change_inputs
    run_job
    expect_outcome miss
    expect "$(tool_runs '^aws ecr ')" 0 "calls of aws ecr"
}

# bats test_tags=extended
@test "ecr: a repository that another agent has just made is as good" {
    cat >"$DOCKER_CACHE_TEST_TOOLS/before-aws" <<BEFORE
#!/usr/bin/env bash
case "\$*" in *create-repository*) '$aws' "\$@" >/dev/null ;; esac
BEFORE
    chmod +x "$DOCKER_CACHE_TEST_TOOLS/before-aws"
    makes_the_rounds
    [[ $errors != *RepositoryAlreadyExists* ]] || fail "$errors"
}

@test "ecr: region and account are found out, and remembered" {
    no_option ECR_REGION
    no_option ECR_ACCOUNT_ID
    export AWS_DEFAULT_REGION=eu-central-1
    makes_the_rounds
    expect "$(tool_runs '^aws ')" 0 "calls of aws for a local hit"
    forget_images
    run_job
    expect_outcome registry-hit
    expect "$(tool_runs '^aws sts')" 0 "calls of aws sts"
}

# bats test_tags=extended
@test "ecr: the account is found out where nothing but the option says which region it is" {
    no_option ECR_ACCOUNT_ID
    makes_the_rounds
    is_kept_in "$image"
}

# bats test_tags=extended
@test "ecr: AWS_REGION names the region, also to a command line that knows AWS_DEFAULT_REGION alone" {
    no_option ECR_REGION
    no_option ECR_ACCOUNT_ID
    export AWS_REGION=eu-central-1
    makes_the_rounds
    is_kept_in "$image"
}

# bats test_tags=extended
@test "ecr: the region is taken from AWS's configuration" {
    no_option ECR_REGION
    echo 'region = eu-central-1' >>"$HOME/.aws/config"
    makes_the_rounds
    is_kept_in "$image"
}

# bats test_tags=extended
@test "ecr: no region is a message that says what to set" {
    no_option ECR_REGION
    goes_on_without 'ecr.region' 'AWS_REGION'
}

# bats test_tags=extended
@test "ecr: a registry's host says its region and account" {
    no_option ECR_REGION
    no_option ECR_ACCOUNT_ID
    option ECR_REGISTRY_URL "$registry"
    makes_the_rounds
    expect "$(tool_runs '^aws (sts|configure)')" 0 "questions to aws"
}

# bats test_tags=extended
@test "ecr: a login lasts" { login_lasts; }

# bats test_tags=extended
@test "ecr: a login that someone ended is made again" { logs_in_again_after docker_logout; }

# bats test_tags=extended
@test "ecr: a login whose time is over is made again" { logs_in_again_after login_ended; }

# bats test_tags=extended
@test "ecr: a login in one configuration of Docker is none in another" {
    logs_in_again_after another_docker_configuration
}

# bats test_tags=extended
@test "ecr: a login that the registry accepts no more is made again" { logs_in_again_after login_expired; }

# bats test_tags=extended
@test "ecr: a login that is refused costs a warning, is not tried twice, and with on-error: fail ends the step" {
    accept_account "$registry_parts" AWS 'another password'
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
@test "ecr: without the aws command" {
    remove_tool aws
    goes_on_without 'only the command aws can use the profile default' 'no command aws' 'log in'
}

# bats test_tags=extended
@test "ecr: without credentials" {
    rm "$HOME/.aws/config"
    goes_on_without 'Unable to locate credentials' 'AWS_ACCESS_KEY_ID|role'
}

# bats test_tags=extended
@test "ecr: without the permission to log in" {
    refuse_only get-login-password ecr:GetAuthorizationToken
    goes_on_without 'Allow .*ecr:GetAuthorizationToken'
}

# bats test_tags=extended
@test "ecr: without the permission to make a repository" {
    refuse_only create-repository ecr:CreateRepository
    goes_on_without 'Allow .*ecr:CreateRepository'
}

# bats test_tags=extended
@test "ecr: without a network" {
    # Nothing listens on port 1 of any machine.
    export AWS_ENDPOINT_URL=http://127.0.0.1:1
    goes_on_without 'Could not connect' 'reaches AWS|network'
}

# bats test_tags=extended
@test "ecr: lifecycle-days sets the repository's policy" {
    option ECR_LIFECYCLE_DAYS 14
    run_job
    expect_outcome miss
    local policy
    policy=$(amazon ecr get-lifecycle-policy --repository-name "$image" --query lifecyclePolicyText --output text)
    expect "$(jq -c '[.rules[] | [.selection.tagStatus, .selection.countType, .selection.countUnit,
        .selection.countNumber, .action.type]]' <<<"$policy")" '[["any","sinceImagePushed","days",14,"expire"]]' policy
}

# bats test_tags=extended
@test "ecr: a policy that may not be set is a warning, and the image is saved" {
    option ECR_LIFECYCLE_DAYS 14
    refuse_only put-lifecycle-policy ecr:PutLifecyclePolicy
    makes_the_rounds
    another_agent
    option RESTORE false
    run_job
    expect_outcome bypassed
    expect_text "$errors" 'ecr:PutLifecyclePolicy'
}

# bats test_tags=extended
@test "ecr: without lifecycle-days no one touches a policy" {
    run_job
    expect_outcome miss
    expect "$(tool_runs lifecycle)" 0 "calls for the policy"
}

# bats test_tags=extended
@test "ecr: the password is nowhere" {
    stays_secret "$account-auth-token"
}

# bats test_tags=extended
@test "ecr: the secret key is nowhere" {
    run_traced_job
    expect_outcome miss
    run ! grep -F "$secret" "$BATS_TEST_TMPDIR/written" "$docker_calls" "$tool_calls" "$BATS_TEST_TMPDIR/trace"
    run ! grep -rF "$secret" "$(dirname "$index")" "$DOCKER_CONFIG"
}
