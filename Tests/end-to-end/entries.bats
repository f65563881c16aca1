#!/usr/bin/env bats
# shellcheck shell=bash disable=SC2154
#
# list, inspect and forget, with entries made by lookups.

load helper

bats_require_minimum_version 1.5.0

setup() {
    end_to_end_setup
    option GC off
}

teardown() { end_to_end_teardown; }

# cache COMMAND ARGUMENT…
cache() {
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" "$1" --index "$index" "${@:2}"
}

@test "list shows what lookups made" {
    run_job
    run_job
    cache list
    expect "$status" 0 status
    expect_text "${lines[0]}" "IMAGE +KEY +BUILT +SIZE +LAST USED +HITS +WHERE"
    expect_text "${lines[1]}" "$image +${key:0:12} .* 1 +agent"
    cache list --format json
    expect "$(jq -r '.entries[0] | "\(.key) \(.hits) \(.location)"' <<<"$output")" "$key 1 agent" entry
    cache list --image other
    expect "${#lines[@]}" 1 lines
    cache list --expired
    expect "${#lines[@]}" 1 lines
}

@test "inspect shows what a key was made of, its entry and every lookup" {
    run_job
    run_job
    cache inspect "${key:0:8}"
    expect "$status" 0 status
    expect_text "$output" "Key $key"
    expect_text "$output" "local-hit"
    expect_text "$output" "miss \(new-key\)"
    cache inspect "$key" --format json
    expect "$(jq '.events | length' <<<"$output")" 2 events
    expect "$(jq '.made_of[0].components | length > 0' <<<"$output")" true components
}

@test "the beginning of several keys is refused, and so is what is no key" {
    run_job
    change_rows "INSERT INTO entries (key, scope, image, provider, built_at, created_at, last_used_at)
        VALUES ('${key:0:39}x', 's', 'i', 'local', 0, 0, 0)"
    cache inspect "${key:0:8}"
    expect "$status" 64 status
    expect_text "$stderr" "More than one key begins with ${key:0:8}: $key"
    cache forget "no key"
    expect "$status" 64 status
    cache forget 0000000000000000000000000000000000000000
    expect "$status" 1 status
    expect_text "$stderr" "has no entry for a key"
}

@test "what is forgotten is looked up again" {
    run_job
    cache forget "$key"
    expect "$status" 0 status
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    run_job
    expect_outcome miss
}

@test "forget says what the registry still has" {
    use_registry
    run_job
    cache forget "$key" --images
    expect "$status" 0 status
    expect_text "$output" "The registry still has $registry/$image:cache-$key"
    run_job
    expect_outcome registry-hit
}
