#!/usr/bin/env bats
#
# Logins without a cloud's command line: through the cloud's API, with moto for Amazon behind a server that checks
# signatures. The same server simulates the metadata servers of the clouds' machines.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup_file() { providers_setup_file; }

teardown() {
    if [ -n "${cloud_pid:-}" ]; then kill "$cloud_pid"; fi
    if [ -n "${project:-}" ]; then rm -rf "${repositories:?}/$project"; fi
    if [ -n "${registry_parts:-}" ]; then rm -f "$registry_parts/exchange"; fi
    providers_teardown
}

# start_cloud PROVIDER: sets cloud, the address of its services, and known, the directory with their data. No cloud's
# command line is available.
start_cloud() {
    providers_setup "$1"
    known=$BATS_TEST_TMPDIR/known
    mkdir "$known"
    : >"$known/asked"
    "$(test_tools_directory)/bin/python" "$BATS_TEST_DIRNAME/cloud_services.py" "$known" \
        "$(cat "$DOCKER_CACHE_TEST_PROVIDERS/aws-endpoint")" \
        >"$BATS_TEST_TMPDIR/port" 2>"$BATS_TEST_TMPDIR/cloud-log" 3>&- &
    cloud_pid=$!
    until [ -s "$BATS_TEST_TMPDIR/port" ]; do sleep 0.02; done
    cloud=127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")
    # A proxy that does not answer, because none of these requests may use a proxy.
    export HTTP_PROXY=http://127.0.0.1:1 NO_PROXY=localhost
}

start_amazon() {
    start_cloud ecr
    account=${registry%%.*}
    secret=$(some_secret)
    session=$(some_secret)
    printf 'agent %s -\nrole %s-of-role %s\n' "$secret" "$secret" "$session" >"$known/aws-keys"
    export AWS_ENDPOINT_URL=http://$cloud
    option ECR_REGION eu-central-1
}

use_keys() { export AWS_ACCESS_KEY_ID=agent AWS_SECRET_ACCESS_KEY=$secret; }

start_google() {
    start_cloud gar
    repositories=$registry_parts/repositories
    project=project-$RANDOM$RANDOM
    token=$(some_secret)
    printf '%s\n' "$token" >"$known/google-token"
    accept_account "$registry_parts" oauth2accesstoken "$token"
    mkdir "$repositories/$project"
    option GAR_PROJECT "$project"
    option GAR_REGION europe-west3
    option GAR_REPOSITORY team-images
    export GCE_METADATA_HOST=$cloud
    CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY=$(cat "$DOCKER_CACHE_TEST_PROVIDERS/gcloud-endpoint")
    export CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY
}

start_azure() {
    start_cloud acr
    access=$(some_secret)
    token=$(some_secret)
    printf '%s\n' "$access" >"$known/azure-token"
    printf '%s\n' "$access" "$token" >"$registry_parts/exchange"
    accept_account "$registry_parts" 00000000-0000-0000-0000-000000000000 "$token"
    option ACR_REGISTRY_NAME "$registry"
    option ACR_REPOSITORY team/cache
    export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://$cloud
}

# answers_of_cloud FILE TEXT: sets the content of a file in known
answers_of_cloud() { printf '%s\n' "$2" >"$known/$1"; }

# asked PATTERN: the number of matching requests to the cloud
asked() { grep -Ec -- "$1" "$known/asked" || true; }

# run_doctor: runs doctor with the options of the step. The account is set, because its query would need credentials.
run_doctor() {
    option ECR_ACCOUNT_ID "$account"
    run "$DOCKER_CACHE_TEST_BIN" doctor
}

# is_nowhere SECRET...: expects the secrets in no log, export, argument or index
is_nowhere() {
    local text
    for text; do
        run ! grep -F -- "$text" "$BATS_TEST_TMPDIR/written" "$docker_calls" "$tool_calls" "$BATS_TEST_TMPDIR/cloud-log"
        run ! grep -rF -- "$text" "$(dirname "$index")" "$DOCKER_CONFIG"
        run ! grep -F -- "$text" <(sed 's/"AWS_SECRET_ACCESS_KEY=[^"]*"//g' "$BATS_TEST_TMPDIR/trace")
    done
}

@test "ecr without aws: keys are enough for the account, the repository, its policy and the login" {
    start_amazon
    use_keys
    option ECR_LIFECYCLE_DAYS 14
    makes_the_rounds
    is_kept_in "$image"
    expect "$(asked 'CreateRepository')" 1 "repositories made"
    expect "$(asked 'PutLifecyclePolicy')" 1 "policies set"
}

# bats test_tags=extended
@test "ecr without aws: the log says how it logged in, once for as long as the login lasts" {
    start_amazon
    use_keys
    run_job
    expect_outcome miss
    expect_text "$errors" "Logged in to $registry with the keys in the environment"
    change_inputs
    run_job
    expect_outcome miss
    expect "$(asked 'GetAuthorizationToken')" 1 passwords
    [[ $errors != *'Logged in'* ]] || fail "$errors"
}

# bats test_tags=extended
@test "ecr without aws: an instance has a role and a region" {
    start_amazon
    no_option ECR_REGION
    unset AWS_EC2_METADATA_DISABLED
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://$cloud/
    makes_the_rounds
    expect "$(docker_logins)" 0 "docker logins of the last job"
}

@test "ecr without aws: the role of a container" {
    start_amazon
    some_secret >"$known/container-token"
    export AWS_CONTAINER_CREDENTIALS_FULL_URI=http://$cloud/container
    export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$known/container-token
    run_job
    expect_outcome miss
    expect_text "$errors" "with the container's role"
}

# bats test_tags=extended
@test "ecr without aws: the role of a pod" {
    start_amazon
    some_secret >"$known/web-identity"
    export AWS_WEB_IDENTITY_TOKEN_FILE=$known/web-identity AWS_ROLE_ARN=arn:aws:iam::$account:role/agents
    makes_the_rounds
    : >"$known/token"
    login_ended
    export AWS_WEB_IDENTITY_TOKEN_FILE=$known/token
    change_inputs
    run_job
    expect_outcome miss
    expect_text "$errors" "token cannot be used: it is empty"
}

# bats test_tags=extended
@test "ecr without aws: a key that is wrong is said, and costs a warning" {
    start_amazon
    export AWS_ACCESS_KEY_ID=agent AWS_SECRET_ACCESS_KEY=wrong
    goes_on_without 'STS refused it with status 403 \(SignatureDoesNotMatch\)' 'secret key'
    option ECR_ACCOUNT_ID "$account"
    no_option ON_ERROR
    change_inputs
    goes_on_without 'ECR refused it with status 403 \(InvalidSignatureException\)' 'secret key'
}

# bats test_tags=extended
@test "ecr without aws: no permission to log in" {
    start_amazon
    use_keys
    answers_of_cloud refused-operation GetAuthorizationToken
    goes_on_without 'Allow .*ecr:GetAuthorizationToken'
}

# bats test_tags=extended
@test "ecr without aws: no permission to make a repository" {
    start_amazon
    use_keys
    answers_of_cloud refused-operation CreateRepository
    goes_on_without 'Allow .*ecr:CreateRepository'
}

@test "ecr without aws: the policy of docs/trust.md is enough for untrusted builds, and not for trusted ones" {
    start_amazon
    use_keys
    sed -n '/^<!-- not run: it is a policy/,/^}$/p' "$BATS_TEST_DIRNAME/../../docs/trust.md" |
        sed "1,2d; s,my-app,$image,; s/123456789012/$account/" >"$known/policy"
    answers_of_cloud account "$account"
    jq -e '.Statement | length > 1' "$known/policy" >/dev/null
    option ECR_ACCOUNT_ID "$account"
    option ECR_LIFECYCLE_DAYS 14
    option TRUSTED_BRANCHES main
    export BUILDKITE_BRANCH=evil
    run_job
    expect_outcome miss "untrusted-$key"
    expect_no_warning
    is_kept_in "$image-untrusted"
    expect "$(sed -n 's/.*\.//p' "$known/asked" | sort | paste -sd ' ')" \
        'CreateRepository GetAuthorizationToken PutLifecyclePolicy' 'requests to Amazon'
    export BUILDKITE_BRANCH=main
    run_job
    expect_outcome miss
    expect_text "$errors" 'Allow .*ecr:CreateRepository'
}

# bats test_tags=extended
@test "ecr without aws: nothing to log in with is one message" {
    start_amazon
    option ECR_ACCOUNT_ID "$account"
    goes_on_without 'No way was found to log in' 'By the cloud.s API: ' 'AWS_EC2_METADATA_DISABLED' 'no command aws'
}

# bats test_tags=extended
@test "ecr without aws: Amazon does not answer" {
    start_amazon
    use_keys
    export AWS_ENDPOINT_URL=http://127.0.0.1:1
    goes_on_without 'could not be reached' 'reaches AWS'
}

# bats test_tags=extended
@test "ecr without aws: a metadata server that hangs, is none or knows no role costs a moment and a warning" {
    start_amazon
    unset AWS_EC2_METADATA_DISABLED
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://$cloud
    local problem
    for problem in hang page no-role; do
        answers_of_cloud problem "$problem"
        : >"$known/asked"
        change_inputs
        run_job
        expect_outcome miss
        expect_text "$errors" "the instance's metadata server"
        # The account and the login both need the role.
        expect "$(asked 'PUT /latest/api/token')" 1 "questions for a token, with $problem"
    done
}

# bats test_tags=extended
@test "ecr without aws: a login that Docker has is used, and one that has ended is not in the way" {
    start_amazon
    use_keys
    option ECR_ACCOUNT_ID "$account"
    printf '%s' "$account-auth-token" | docker login --username AWS --password-stdin "$registry" >/dev/null
    run_job
    expect_outcome miss
    expect "$(asked 'GetAuthorizationToken')" 0 passwords
    another_agent
    login_expired
    run_job
    expect_outcome registry-hit
    expect "$(asked 'GetAuthorizationToken')" 1 passwords
    expect "$(docker_logins)" 1 "docker logins"
}

# bats test_tags=extended
@test "ecr without aws: a credential helper that fails is not in the way" {
    start_amazon
    use_keys
    option ECR_ACCOUNT_ID "$account"
    # It accepts credentials to store, but discards them.
    cat >"$BATS_TEST_TMPDIR/watch/docker-credential-broken" <<'HELPER'
#!/bin/sh
[ "$1" != get ]
HELPER
    chmod +x "$BATS_TEST_TMPDIR/watch/docker-credential-broken"
    printf '{"credHelpers":{"%s":"broken"}}\n' "$registry" >"$DOCKER_CONFIG/config.json"
    goes_on_without 'docker-credential-broken failed'
    expect "$(asked 'GetAuthorizationToken')" 2 "passwords of two jobs"
}

# bats test_tags=extended
@test "ecr without aws: doctor says how the login would be made" {
    start_amazon
    use_keys
    run_doctor
    expect_text "$output" 'login +there is a password for AWS, from the keys in the environment'
    printf '%s' "$account-auth-token" | docker login --username AWS --password-stdin "$registry" >/dev/null
    run_doctor
    expect_text "$output" "login +Docker's own, in its configuration"
    login_expired
    run_doctor
    expect_text "$output" 'from the keys in the environment; what Docker has is not accepted'
    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    run_doctor
    expect_text "$output" 'No way was found to log in'
}

@test "ecr without aws: no secret is anywhere" {
    start_amazon
    unset AWS_EC2_METADATA_DISABLED
    export AWS_EC2_METADATA_SERVICE_ENDPOINT=http://$cloud
    stays_secret "$account-auth-token"
    # The first also matches the role's secret, which begins with it.
    is_nowhere "$secret" "$session" metadata-token==
}

# bats test_tags=extended
@test "gar without gcloud: the instance's service account makes the repository, and the next agent takes the image" {
    start_google
    makes_the_rounds
    is_kept_in "$project/team-images/$image"
    expect "$(cat "$repositories/$project/team-images")" europe-west3 "the location of the repository"
}

# use_key_file: GOOGLE_APPLICATION_CREDENTIALS names the key of a service account, and no instance has one
use_key_file() {
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$BATS_TEST_TMPDIR/account.pem" 2>/dev/null
    openssl pkey -in "$BATS_TEST_TMPDIR/account.pem" -pubout -out "$known/service-account.pub"
    jq -n --rawfile key "$BATS_TEST_TMPDIR/account.pem" --arg uri "http://$cloud/token" '{type: "service_account",
        client_email: "agent@project.iam.gserviceaccount.com", private_key: $key, token_uri: $uri}' \
        >"$BATS_TEST_TMPDIR/account.json"
    export GOOGLE_APPLICATION_CREDENTIALS=$BATS_TEST_TMPDIR/account.json
    export GCE_METADATA_HOST=127.0.0.1:1
}

@test "gar without gcloud: the key of a service account" {
    start_google
    use_key_file
    run_job
    expect_outcome miss
    is_kept_in "$project/team-images/$image"
    expect_text "$errors" "with the service account's key in $GOOGLE_APPLICATION_CREDENTIALS"
    # For the repository, and for the login.
    expect_text "$(asked 'POST /token')" '^[12]$'
    # A line of the key itself.
    run ! grep -rF -- "$(sed -n 2p "$BATS_TEST_TMPDIR/account.pem")" "$(dirname "$index")" "$docker_calls" <(
        printf '%s\n' "$output" "$errors"
    )
}

@test "gar without gcloud: a service account's key that Google does not know is said" {
    start_google
    use_key_file
    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 2>/dev/null |
        openssl pkey -pubout -out "$known/service-account.pub"
    goes_on_without 'Invalid JWT Signature' 'gcloud|GOOGLE_APPLICATION_CREDENTIALS'
}

# bats test_tags=extended
@test "gar without gcloud: a repository that is there is not made, and one that another makes is as good" {
    start_google
    touch "$repositories/$project/.raced"
    run_job
    expect_outcome miss
    is_kept_in "$project/team-images/$image"
    expect_text "$errors" "with the instance's service account"
}

# bats test_tags=extended
@test "gar without gcloud: no permission to make a repository" {
    start_google
    touch "$repositories/$project/.refused"
    goes_on_without 'artifactregistry\.repositories\.create' 'Allow'
}

# bats test_tags=extended
@test "gar without gcloud: a metadata server that is none" {
    start_google
    answers_of_cloud problem page
    goes_on_without "it is not Google's" 'no command gcloud'
}

@test "gar without gcloud: no secret is anywhere" {
    start_google
    stays_secret "$token"
}

# bats test_tags=extended
@test "gar: where the registry refuses the instance's account, gcloud's is tried" {
    start_google
    use_stub gcloud
    use_stub docker-credential-gcloud
    answers gcloud-token another
    answers gcloud-repositories "$repositories"
    accept_account "$registry_parts" _dcgcloud_token another
    makes_the_rounds
    expect "$(docker_logins)" 0 "docker logins of the last job"
}

# bats test_tags=extended
@test "acr without az: a managed identity's token is exchanged" {
    start_azure
    makes_the_rounds
    is_kept_in "team/cache/$image"
}

# bats test_tags=extended
@test "acr without az: the registry's name is enough" {
    start_azure
    option ACR_REGISTRY_NAME "${registry%%.*}"
    makes_the_rounds
    is_kept_in "team/cache/$image"
}

# bats test_tags=extended
@test "acr: az is not run where the registry's name and a managed identity are enough" {
    start_azure
    use_stub az
    answers az-registry "${registry%%.*}"
    option ACR_REGISTRY_NAME "${registry%%.*}"
    run_job
    expect_outcome miss
    is_kept_in "team/cache/$image"
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$(tool_runs '^az ')" 0 "calls of az"
}

# bats test_tags=extended
@test "acr: an az that is not logged in is not in the way of a managed identity" {
    start_azure
    use_stub az
    answers az-registry "${registry%%.*}"
    answers problem not-logged-in
    option ACR_REGISTRY_NAME "${registry%%.*}"
    makes_the_rounds
    is_kept_in "team/cache/$image"
}

# bats test_tags=extended
@test "acr without az: an identity that the registry does not take" {
    start_azure
    some_secret >"$registry_parts/exchange"
    goes_on_without 'refused it with status 401 \(UNAUTHORIZED\)' 'no command az'
}

# bats test_tags=extended
@test "acr without az: no secret is anywhere" {
    start_azure
    stays_secret "$token"
    is_nowhere "$access"
}
