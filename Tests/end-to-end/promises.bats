#!/usr/bin/env bats
#
# Failures that were seen before: a wrong hit, or a delayed build.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }
teardown() {
    if [ -n "${proxy:-}" ]; then kill "$proxy" 2>/dev/null || true; fi
    end_to_end_teardown
}

arguments_of_builds() { grep -E '^build ' "$docker_calls"; }

@test "a daemon on another address builds, saves and hits" {
    local socket=${DOCKER_HOST:-unix:///var/run/docker.sock} port
    port=$((20000 + RANDOM % 20000))
    socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" "UNIX-CONNECT:${socket#unix://}" 3>&- &
    proxy=$!
    export DOCKER_HOST=tcp://127.0.0.1:$port
    wait_until docker version
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
}

@test "max-age-days: 0 builds from scratch each time, the first time too" {
    docker tag docker-cache-test/busybox "$DOCKER_CACHE_TEST_REGISTRY/base-$$"
    docker push -q "$DOCKER_CACHE_TEST_REGISTRY/base-$$"
    sed -i "s|^FROM docker-cache-test/busybox|FROM $DOCKER_CACHE_TEST_REGISTRY/base-$$|" Dockerfile
    option MAX_AGE_DAYS 0
    run_job
    expect_outcome miss
    run_job
    expect_outcome expired
    expect "$(arguments_of_builds | grep -c -- '--pull --no-cache')" 2 "builds from scratch"
    docker image rm "$DOCKER_CACHE_TEST_REGISTRY/base-$$" >/dev/null
}

# bats test_tags=kind-dependent,core
@test "an expired image whose base is only on this agent is built with that base, and says so" {
    run_job
    expect_outcome miss
    option MAX_AGE_DAYS 0
    run_job
    expect_outcome expired
    expect_text "$errors" 'warning: .*Trying once more with the base images that are here'
}

@test "an image that is built again from cached layers keeps its age" {
    run_job
    expect_outcome miss
    change_rows 'UPDATE entries SET built_at = built_at - 29 * 86400000'
    docker image rm --force "$image:$key" >/dev/null
    run_job
    expect_outcome miss
    expect_text "$output" 'image-gone'
    local age="SELECT strftime('%s') / 86400 - built_at / 86400000 FROM entries"
    expect "$(sqlite3 "$index" "$age")" 29 "the age in days"
}

@test "two images with one repository and one cache-key do not take each other's" {
    use_registry
    option REGISTRY_REPOSITORY "shared-$$"
    option CACHE_KEY v1
    run_job
    expect_outcome miss
    option IMAGE "$image-other"
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" miss OUTCOME
    expect_text "$output" 'wrong-image'
    docker image rm --force "$image-other:$key" >/dev/null
}

@test "a secret that is not set stops the lookup before anything is built" {
    unset NOPE
    option SECRETS_0 NOPE
    run_job
    expect_failure 64 'NOPE'
    expect "$(builds)" 0 builds
}

# bats test_tags=kind-dependent,core
@test "a job that is cancelled while it saves ends as cancelled, and saves nothing" {
    use_registry
    cat >"$BATS_TEST_TMPDIR/watch/docker" <<WATCH
#!/usr/bin/env bash
printf '%s\n' "\$*" >>'$docker_calls'
if [ "\$*" = 'system dial-stdio' ]; then
    read -r method target rest
    case \$target in */push\?*) echo "push \$target" >>'$docker_calls' && exec sleep 100 ;; esac
    exec '$real_docker' "\$@" < <(printf '%s\n' "\$method \$target \$rest" && exec cat)
fi
exec '$real_docker' "\$@"
WATCH
    agent_script "$BATS_TEST_TMPDIR/first" pre-command
    setsid "$BATS_TEST_TMPDIR/first/script" >"$BATS_TEST_TMPDIR/first/output" 2>"$BATS_TEST_TMPDIR/first/errors" 3>&- &
    local job=$!
    wait_until grep -q '^push ' "$docker_calls"
    kill -TERM -- "-$job"
    status=0
    wait "$job" || status=$?
    expect "$status" 143 status
    expect "$(query 'SELECT failure FROM events')" cancelled failure
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
}

@test "an index in the context is refused" {
    use_index "$PWD/index.db"
    option KEY_INPUTS context
    run_hook pre-command
    expect_failure 64 'is inside the build context'
}

@test "a context with .git in it is told of" {
    mkdir .git
    option KEY_INPUTS context
    run_job
    expect_outcome miss
    expect_text "$output" 'context contains .git'
}

@test "the variables can be had without Buildkite" {
    "$DOCKER_CACHE_BIN" run --image "$image" --provider local --exports "$BATS_TEST_TMPDIR/vars" \
        --export-env-variable MY_IMAGE >/dev/null 2>&1
    # shellcheck source=/dev/null
    . "$BATS_TEST_TMPDIR/vars"
    docker image inspect "$MY_IMAGE" >/dev/null
}

@test "where builders read the ignore file differently, a hit is still one docker process" {
    printf '*\n!content.txt\n' >.dockerignore
    run_job
    expect_outcome miss
    : >"$docker_calls"
    run_job
    expect_outcome local-hit
    expect "$(wc -l <"$docker_calls")" 1 "processes of docker"
    "$DOCKER_CACHE_BIN" context --index "$index" >"$BATS_TEST_TMPDIR/listing"
    expect "$(cat "$BATS_TEST_TMPDIR/listing")" "0644 file      content.txt" "the context"
}
