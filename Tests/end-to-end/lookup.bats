#!/usr/bin/env bats
#
# The outcomes of lookups: miss, local hit, registry hit, expired, bypassed.
#
# Every test is a separate process, and helper.bash sets the variables that are read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }
teardown() { end_to_end_teardown; }

@test "the first lookup builds, and the step gets the image" {
    run_job
    expect_outcome miss
    expect "$(builds)" 1 builds
    expect "$(stage_of_image)" final
    expect_text "$output" 'new-key'
}

@test "the second lookup is a local hit and builds nothing" {
    local first
    run_job
    first=$key
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    expect "$(builds)" 1 builds
    expect "$(query 'SELECT outcome FROM events ORDER BY id' | tr '\n' ' ')" 'miss local-hit '
}

@test "stats counts the lookups" {
    local stats
    run_job
    run_job
    stats=$("$DOCKER_CACHE_BIN" stats --index "$index" --format json)
    expect_text "$stats" '"lookups" *: *2\b'
    expect_text "$stats" '"hits" *: *1\b'
    expect_text "$stats" '"misses" *: *1\b'
}

@test "a local hit is one docker process, and no connection to any network" {
    use_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    option REGISTRY_USERNAME "$DOCKER_CACHE_TEST_PROTECTED_USERNAME"
    # The plugin expands it.
    # shellcheck disable=SC2016
    option REGISTRY_PASSWORD '$REGISTRY_SECRET'
    export REGISTRY_SECRET=$DOCKER_CACHE_TEST_PROTECTED_PASSWORD
    run_job
    expect_outcome miss

    cat >"$BATS_TEST_TMPDIR/traced" <<TRACED
#!/usr/bin/env bash
exec strace -f -qq -e trace=connect,execve -o '$BATS_TEST_TMPDIR/trace' -A -- '$DOCKER_CACHE_TEST_BIN' "\$@"
TRACED
    chmod +x "$BATS_TEST_TMPDIR/traced"
    : >"$docker_calls"
    DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/traced
    run_job
    expect_outcome local-hit
    expect "$(wc -l <"$docker_calls")" 1 "docker processes"
    expect_text "$(cat "$docker_calls")" '^image inspect'
    # The wrapper replaces itself with the real docker, which is executed once.
    grep -q execve "$BATS_TEST_TMPDIR/trace"
    expect "$(grep -c "execve(\"$real_docker\"" "$BATS_TEST_TMPDIR/trace")" 1 "executions of $real_docker"
    case ${DOCKER_HOST:-unix:} in
        unix:*) run ! grep -E 'AF_INET' "$BATS_TEST_TMPDIR/trace" ;;
    esac
}

@test "where docker is no script, a local hit is one question at the daemon's socket, and no process" {
    run_job
    expect_outcome miss
    # This docker is a different file, so its version is queried first.
    PATH=${real_docker%/*}:$PATH run_job
    expect_outcome local-hit
    cat >"$BATS_TEST_TMPDIR/traced" <<TRACED
#!/usr/bin/env bash
exec strace -f -qq -e trace=connect,execve -o '$BATS_TEST_TMPDIR/trace' -- '$DOCKER_CACHE_TEST_BIN' "\$@"
TRACED
    chmod +x "$BATS_TEST_TMPDIR/traced"
    PATH=${real_docker%/*}:$PATH DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/traced run_job
    expect_outcome local-hit
    expect "$(grep -c execve "$BATS_TEST_TMPDIR/trace")" 1 "programs"
    expect "$(grep -c connect "$BATS_TEST_TMPDIR/trace")" 1 "connections"
    grep -qF "{sa_family=AF_UNIX, sun_path=\"${DOCKER_HOST#unix://}\"}" "$BATS_TEST_TMPDIR/trace"

    # A removed image is noticed.
    forget_images
    PATH=${real_docker%/*}:$PATH run_job
    expect_outcome miss
    expect_text "$output" 'image-gone'
}

@test "a daemon that is gone is named as docker names it, by every command" {
    run_job
    expect_outcome miss
    local path host message
    host=unix://$BATS_TEST_TMPDIR/nobody
    for path in "$PATH" "${real_docker%/*}:$PATH"; do
        PATH=$path DOCKER_HOST=$host run_job
        expect "$status" 1
        message=${message:-$errors}
        expect "$errors" "$message" errors
    done
    expect_text "$errors" "daemon at $host does not answer"
}

@test "after docker image rm the registry has it, and after that the agent again" {
    local first
    use_registry
    run_job
    expect_outcome miss
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "no digest: '$digest'"
    first=$key
    forget_images
    run_job
    expect_outcome registry-hit
    expect "$key" "$first" key
    expect "$(builds)" 1 builds
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "no digest: '$digest'"
    run_job
    expect_outcome local-hit
}

# bats test_tags=core
@test "an agent with a new index, another checkout and no image takes it from the registry" {
    local first
    use_registry
    run_job
    expect_outcome miss
    first=$key
    forget_images
    use_index "$BATS_TEST_TMPDIR/second/index.db"
    cp -R "$BATS_TEST_TMPDIR/checkout" "$BATS_TEST_TMPDIR/elsewhere"
    cd "$BATS_TEST_TMPDIR/elsewhere"
    export BUILDKITE_BUILD_CHECKOUT_PATH=$PWD BUILDKITE_AGENT_NAME=agent-2
    run_job
    expect_outcome registry-hit
    expect "$key" "$first" key
    expect "$(builds)" 1 builds
    run_job
    expect_outcome local-hit
}

@test "the registry has the image under its cache tag and as the fallback image, and the digest is the registry's" {
    use_registry
    option REGISTRY_REPOSITORY "$image/saved"
    option TAG mine
    option FALLBACK_TAG newest
    run_job
    expect_outcome miss
    forget_images
    docker pull --quiet "$registry/$image/saved:mine-$key"
    docker pull --quiet "$registry/$image/saved:newest"
    docker pull --quiet "$registry/$image/saved@$digest"
}

@test "a password reaches the registry, and no log, argument or index" {
    use_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    option REGISTRY_USERNAME "$DOCKER_CACHE_TEST_PROTECTED_USERNAME"
    # The plugin expands it.
    # shellcheck disable=SC2016
    option REGISTRY_PASSWORD '$REGISTRY_SECRET'
    option VERBOSE true
    export REGISTRY_SECRET=$DOCKER_CACHE_TEST_PROTECTED_PASSWORD
    local log
    run_job
    log=$output$errors
    expect_outcome miss
    forget_images
    run_job
    log+=$output$errors
    expect_outcome registry-hit
    run ! grep -F "$REGISTRY_SECRET" <<<"$log"
    run ! grep -F "$REGISTRY_SECRET" "$docker_calls"
    run ! grep -rF "$REGISTRY_SECRET" "$(dirname "$index")"
}

@test "an image past max-age-days is built again, with no old layer and a base fetched again" {
    local base=$registry/$image/base
    docker tag docker-cache-test/busybox "$base"
    docker push --quiet "$base"
    sed -i "s|^FROM docker-cache-test/busybox |FROM $base |" Dockerfile
    run_job
    expect_outcome miss
    # About a millisecond, so that the image is too old at the next lookup.
    option MAX_AGE_DAYS 0.00000001
    run_job
    expect_outcome expired
    expect "$(builds)" 2 builds
    expect_text "$(grep -E '^(buildx )?build ' "$docker_calls" | tail -n 1)" '--pull .*--no-cache|--no-cache .*--pull'
}

@test "restore: false builds; save: false saves nothing" {
    option SAVE false
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    no_option SAVE
    run_job
    expect_outcome miss
    option RESTORE false
    run_job
    expect_outcome bypassed
    expect "$(builds)" 3 builds
}

@test "the variable for the image can have another name" {
    option EXPORT_ENV_VARIABLE MY_IMAGE
    run_job
    expect "$status" 0 status
    expect "${exported[MY_IMAGE]:-}" "$image:$key"
    [ -z "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]+set}" ] || fail "BUILDKITE_PLUGIN_DOCKER_IMAGE is exported as well"
}

@test "a build of a pull request from a fork takes images and saves none" {
    use_registry
    export BUILDKITE_REPO=git@github.com:acme/shop.git BUILDKITE_PULL_REQUEST=7
    export BUILDKITE_PULL_REQUEST_REPO=git://github.com/mallory/shop.git
    run_job
    expect_isolated miss
    expect_text "$output" 'pull request from another repository'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    expect "$(grep -c '^push ' "$docker_calls" || true)" 0 pushes
    export BUILDKITE_PULL_REQUEST_REPO=git://github.com/acme/shop.git
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 1 entries
    option READ_ONLY true
    run_job
    expect_outcome local-hit
    option READ_ONLY maybe
    run_job
    expect_failure 64 'read-only'
}

@test "a build of a pull request from a fork, which has no secrets, builds without the registry" {
    use_registry
    # The name of the variable with the password.
    # shellcheck disable=SC2016
    option REGISTRY_PASSWORD '$REGISTRY_TOKEN'
    option REGISTRY_USERNAME somebody
    run_job
    expect_failure 64 'REGISTRY_TOKEN'
    export BUILDKITE_REPO=git@github.com:acme/shop.git BUILDKITE_PULL_REQUEST=7
    export BUILDKITE_PULL_REQUEST_REPO=git://github.com/mallory/shop.git
    run_job
    expect_isolated miss
    expect_text "$errors" 'REGISTRY_TOKEN.*A pull request from another repository gets no secrets'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
}

@test "25 hits in a row leave no process, no temporary file and no open lock behind" {
    local hit
    # shellcheck source=../../script/lib/leftovers.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/leftovers.sh"
    export DOCKER_CACHE_MARK=$image
    run_job
    expect_outcome miss
    for ((hit = 0; hit < 25; hit++)); do
        run_job >/dev/null
        expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" local-hit OUTCOME
    done
    mapfile -t processes < <(left_processes "$DOCKER_CACHE_MARK")
    expect "${processes[*]}" '' processes
    expect "$(find "$TMPDIR" -mindepth 1)" '' "temporary files"
    mapfile -t locks < <(left_locks "$(dirname "$index")")
    expect "${locks[*]}" '' locks
}
