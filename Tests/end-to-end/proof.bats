#!/usr/bin/env bats
# bats file_tags=proof
#
# Random tests with the real binary and a real daemon: some in every run, many with `script/test --proof`.
#
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    # Nothing reads the log of docker's calls here.
    PATH=${PATH#"$BATS_TEST_TMPDIR/watch:"}
    seed=${DOCKER_CACHE_TEST_SEED:-20261123}
}

teardown() { end_to_end_teardown; }

@test "lookups at the same time, with gc and removals beside them: no wrong image, and no build too many" {
    run "$BATS_TEST_DIRNAME/concurrent_lookups.py" "$DOCKER_CACHE_BIN" "$index" "$BATS_TEST_TMPDIR/lookups" "$image" \
        "$registry" "${DOCKER_CACHE_TEST_LOOKUPS:-60}" "$seed"
    echo "# ${lines[0]}" >&3
    expect "$status" 0
}

# bats test_tags=extended
@test "a damaged index: no command crashes, and no lookup fails or gets a wrong image" {
    "$DOCKER_CACHE_BIN" run --image "$image" --provider local --index "$index"
    run "$BATS_TEST_DIRNAME/damaged_index.py" "$DOCKER_CACHE_BIN" "$index" "$PWD" "$image" \
        "${DOCKER_CACHE_TEST_DAMAGED_LOOKUPS:-10}" "$seed"
    echo "# ${lines[0]}" >&3
    expect "$status" 0
}
