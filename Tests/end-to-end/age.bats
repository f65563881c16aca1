#!/usr/bin/env bats
#
# The age of images, even if only the registry knows it. The tests set the plugin's clock.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

# One of the tests runs a hundred commands, which takes minutes on a busy machine.
setup_file() { export BATS_TEST_TIMEOUT=900; }

setup() {
    end_to_end_setup
    use_registry
    # With the clock ahead, gc would remove images of other tests.
    option GC off
    use_own_clock
    # In the registry, where --pull finds it.
    base=$registry/$image/base
    docker tag docker-cache-test/busybox "$base"
    docker push --quiet "$base" >/dev/null
    sed -i "s|^FROM docker-cache-test/busybox |FROM $base |" Dockerfile
}

teardown() { end_to_end_teardown; }

# days_later NUMBER: sets the clock to NUMBER days after the test's start
days_later() { echo "$(($1 * 86400))" >"$BATS_TEST_TMPDIR/clock"; }

# another_agent, with the base image that all agents have.
new_agent() {
    another_agent
    docker tag docker-cache-test/busybox "$base"
    : >"$docker_calls"
}

# change_configuration FILTER: changes the configuration of the cache image in the registry
change_configuration() {
    local manifest configuration
    manifest=$(registry_manifest "$image" "cache-$key")
    configuration=$(
        curl -fsS "http://$registry/v2/$image/blobs/$(jq -r .config.digest <<<"$manifest")" | jq -cj "$1"
    )
    put_manifest "$image" "cache-$key" \
        "$(jq -c --argjson blob "$(put_blob "$image" "$configuration")" '.config += $blob' <<<"$manifest")"
}

built_from_scratch() {
    expect "$(builds)" 1 builds
    expect_text "$(grep -E '^(buildx )?build ' "$docker_calls")" '--pull --no-cache'
}

@test "an image that only the registry knows expires, is built from scratch, and is young again" {
    run_job
    expect_outcome miss
    local first=$digest
    days_later 29
    new_agent
    run_job
    expect_outcome registry-hit
    expect "$digest" "$first" digest
    days_later 31
    new_agent
    run_job
    expect_outcome expired
    expect_text "$output" 'older than max-age-days'
    built_from_scratch
    [ "$digest" != "$first" ] || fail "the registry still has the old image"
    # 29 days after the rebuild.
    days_later 60
    new_agent
    run_job
    expect_outcome registry-hit
    expect "$(builds)" 0 builds
    run_job
    expect_outcome local-hit
}

@test "an agent that took an image from the registry counts its age from when it was built" {
    run_job
    expect_outcome miss
    days_later 29
    new_agent
    run_job
    expect_outcome registry-hit
    run_job
    expect_outcome local-hit
    days_later 31
    run_job
    expect_outcome expired
    built_from_scratch
}

@test "fractions of a day count" {
    option MAX_AGE_DAYS 0.5
    run_job
    expect_outcome miss
    echo $((11 * 3600)) >"$BATS_TEST_TMPDIR/clock"
    run_job
    expect_outcome local-hit
    echo $((13 * 3600)) >"$BATS_TEST_TMPDIR/clock"
    run_job
    expect_outcome expired
    run_job
    expect_outcome local-hit
}

@test "an image from before our label is as old as its configuration says" {
    run_job
    expect_outcome miss
    change_configuration 'del(.config.Labels["io.docker-cache.built-at"])'
    days_later 29
    new_agent
    run_job
    expect_outcome registry-hit
    days_later 31
    new_agent
    run_job
    expect_outcome expired
}

@test "a reproducible image, of 1970, counts as fresh, and says so" {
    local agent
    run_job
    expect_outcome miss
    change_configuration '.created = "1970-01-01T00:00:00Z" | del(.config.Labels)'
    for agent in 40 400; do
        days_later "$agent"
        new_agent
        run_job
        expect_outcome registry-hit
        expect_text "$output" 'does not say when it was built, and counts as fresh'
        expect "$(builds)" 0 builds
        days_later $((agent + 20))
        run_job
        expect_outcome local-hit
    done
}

@test "a reproducible image with our label is as old as that says, and is not built for ever" {
    run_job
    expect_outcome miss
    change_configuration '.created = "1970-01-01T00:00:00Z"'
    days_later 31
    new_agent
    run_job
    expect_outcome expired
    run_job
    expect_outcome local-hit
    new_agent
    run_job
    expect_outcome registry-hit
}

@test "an image that was built while the clock was ahead expires once the clock is right" {
    days_later 40
    run_job
    expect_outcome miss
    days_later 0
    run "$DOCKER_CACHE_TEST_BIN" doctor --index "$index"
    expect_text "$output" 'has an image that was built [0-9]+ d [0-9]+ h ahead of now'
    run "$DOCKER_CACHE_TEST_BIN" list --index "$index"
    expect_text "$output" 'ahead of now'
    run_job
    expect_outcome expired
    run_job
    expect_outcome local-hit
    # Clocks may differ by some hours.
    echo -43200 >"$BATS_TEST_TMPDIR/clock"
    run_job
    expect_outcome local-hit
}

@test "no clock is too far off, and no number in the index too large, for any command" {
    local ahead table columns value command status
    run_job
    expect_outcome miss
    for ahead in -12000000000 9000000000 -70000000000 400000000000; do
        echo "$ahead" >"$BATS_TEST_TMPDIR/clock"
        for command in key list stats 'gc --dry-run' context doctor; do
            status=0
            # shellcheck disable=SC2086
            "$DOCKER_CACHE_BIN" $command --index "$index" >/dev/null 2>"$BATS_TEST_TMPDIR/said" || status=$?
            [ "$status" -le 1 ] || fail "$command at $ahead: status $status: $(cat "$BATS_TEST_TMPDIR/said")"
        done
    done
    days_later 0
    for value in 9223372036854775807 -9223372036854775808; do
        for table in entries events checkouts base_images daily_totals key_records; do
            cp "$index" "$BATS_TEST_TMPDIR/extreme.db"
            columns=$(sqlite3 "$index" "SELECT group_concat(name || ' = $value', ', ')
                FROM pragma_table_info('$table') WHERE type = 'INTEGER' AND NOT pk")
            sqlite3 "$BATS_TEST_TMPDIR/extreme.db" "UPDATE OR IGNORE $table SET $columns" 2>/dev/null || true
            for command in list stats 'gc --dry-run' "inspect $key" explain key; do
                status=0
                # shellcheck disable=SC2086
                "$DOCKER_CACHE_TEST_BIN" $command --index "$BATS_TEST_TMPDIR/extreme.db" >/dev/null \
                    2>"$BATS_TEST_TMPDIR/said" || status=$?
                [ "$status" -le 1 ] ||
                    fail "$command with $value in $table: status $status: $(cat "$BATS_TEST_TMPDIR/said")"
            done
        done
    done
}
