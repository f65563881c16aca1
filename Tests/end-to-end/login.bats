#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The requests to a registry while docker logs in, and the steps that wait for the login.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry "$DOCKER_CACHE_TEST_TOKEN_REGISTRY"
    option REGISTRY_USERNAME "$DOCKER_CACHE_TEST_PROTECTED_USERNAME"
    export PASSWORD=$DOCKER_CACHE_TEST_PROTECTED_PASSWORD
    # The value is the name of the variable.
    # shellcheck disable=SC2016
    option REGISTRY_PASSWORD '$PASSWORD'
    use_proxy immutable_registry.py --except latest
    run_job
    expect_outcome miss
    another_agent_without_login
}

teardown() {
    end_proxy
    end_to_end_teardown
}

# A fresh agent, without a docker login.
another_agent_without_login() {
    another_agent
    docker logout "$registry" >/dev/null 2>&1
    : >"$docker_calls"
    : >"$BATS_TEST_TMPDIR/proxy-log"
}

# The proxy's log line after the registry has named the image.
is_named='GET [^ ]*/manifests/cache-[0-9a-f]{40} .* 200'

# before_login COMMAND: runs before each `docker login`
before_login() {
    mv "$BATS_TEST_TMPDIR/watch/docker" "$BATS_TEST_TMPDIR/watched-docker"
    cat >"$BATS_TEST_TMPDIR/watch/docker" <<WATCH
#!/usr/bin/env bash
if [ "\$1" = login ]; then $1; fi
exec '$BATS_TEST_TMPDIR/watched-docker' "\$@"
WATCH
    chmod +x "$BATS_TEST_TMPDIR/watch/docker"
}

# The login waits until the registry has named the image. It fails if no query is made before the login.
login_takes_long() {
    before_login "for i in {1..200}; do
        if grep -Eq '$is_named' '$BATS_TEST_TMPDIR/proxy-log'; then break; fi
        sleep 0.1
        if [ \$i = 200 ]; then exit 1; fi
    done"
}

@test "the registry is asked while docker logs in, and docker pulls when it has" {
    login_takes_long
    run_job
    expect_outcome registry-hit
    expect "$errors" '' errors
    expect "$(calls '^login ')" 1 logins
    [[ $(cat "$docker_calls") != *"$PASSWORD"* ]] || fail 'the password is an argument'
}

# bats test_tags=core
@test "a step that pulls for itself has the login" {
    option SKIP_PULL_FROM_CACHE true
    login_takes_long
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" registry-hit OUTCOME
    docker pull -q "$registry/$image:cache-$key"
    docker image rm "$registry/$image:cache-$key" >/dev/null
}

@test "a build after a miss has the login" {
    echo changed >content.txt
    before_login 'sleep 1'
    run_job
    expect_outcome miss
    expect "$(grep -ci warning <<<"$errors")" 0 warnings
    expect "$(grep -Eo '^(login|build|buildx build) ' "$docker_calls" | head -n 1)" 'login ' 'what comes first'
    another_agent_without_login
    run_job
    expect_outcome registry-hit
}

@test "a password that is wrong is told of in docker's words, and the step builds" {
    PASSWORD='another than the right one'
    run_job
    expect_outcome miss
    expect_text "$errors" 'Could not take .* from the registry: .docker login .* failed with status 1: '
    expect_text "$output" 'registry-refused'
    expect "$(calls '^login ')" 1 logins
    [[ $output$errors != *"$PASSWORD"* ]] || fail 'the password is in the log'
}

@test "a job that is cancelled while docker logs in ends that, and leaves nothing" {
    local job
    before_login 'exec sleep 1000'
    agent_script "$BATS_TEST_TMPDIR/cancelled" pre-command
    setsid "$BATS_TEST_TMPDIR/cancelled/script" >"$BATS_TEST_TMPDIR/cancelled/output" 2>&1 3>&- &
    job=$!
    # Now only the login is still running.
    wait_until grep -Eq "$is_named" "$BATS_TEST_TMPDIR/proxy-log"
    kill -TERM -- "-$job"
    status=0
    wait "$job" || status=$?
    [ "$status" -ne 0 ] || fail "the job succeeded: $(cat "$BATS_TEST_TMPDIR/cancelled/output")"
    expect "$(pgrep -s "$job" | tr '\n' ' ')" '' 'processes of the job'
    expect "$(find "$TMPDIR" -mindepth 1 -name 'docker-cache*' | tr '\n' ' ')" '' 'what is left in TMPDIR'
    expect "$(query 'SELECT failure FROM events')" cancelled failure
}
