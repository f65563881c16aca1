#!/usr/bin/env bats
#
# The plugin twice in one job, with different images. The agent runs the environment hooks of both, then the pre-command
# hooks of both. Each use gets only its own options. The exports of a hook reach all later hooks.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    mkdir second
    cp Dockerfile content.txt second/
    echo 'the second content' >second/content.txt
}

teardown() { end_to_end_teardown; }

forget_options() {
    local name
    for name in $(compgen -e BUILDKITE_PLUGIN_DOCKER_CACHE_); do
        # Only the options: the exports of an earlier hook are visible to all later hooks.
        case ${name#BUILDKITE_PLUGIN_DOCKER_CACHE_} in
            HIT | OUTCOME | KEY | EXPORT_IMAGE | EXPORT_TAG | DIGEST) ;;
            *) unset "$name" ;;
        esac
    done
}

# Like the agent, the tests call one of these before each hook.
first_use() {
    forget_options
    option IMAGE "$image"
    option PROVIDER local
    option INDEX "$index"
    option EXPORT_ENV_VARIABLE FIRST_IMAGE
    option BUILD_ARGS_0 GREETING=first
    option TARGET test
}

second_use() {
    forget_options
    option IMAGE "$image-second"
    option PROVIDER local
    option INDEX "$index"
    option EXPORT_ENV_VARIABLE "${second_variable:-SECOND_IMAGE}"
    option CONTEXT second
}

# run_both: runs all four hooks until one fails; later hooks and the step get their exports
run_both() {
    local hook use name
    for hook in environment pre-command; do
        for use in first_use second_use; do
            "$use"
            run_hook "$hook"
            [ "$status" -eq 0 ] || return 0
            for name in "${!exported[@]}"; do export "$name=${exported[$name]}"; done
        done
    done
}

file_of() { docker run --rm --network none "$1" cat "/$2"; }

@test "each gets its own image, and the other variables are those of the last" {
    run_both
    expect "$status" 0 status
    expect "$(file_of "$FIRST_IMAGE" content.txt)" "$(cat content.txt)"
    expect "$(file_of "$FIRST_IMAGE" greeting.txt)" first
    expect "$(stage_of_image "$FIRST_IMAGE")" test
    expect "$(file_of "$SECOND_IMAGE" content.txt)" 'the second content'
    # The first use's options have no effect.
    expect "$(file_of "$SECOND_IMAGE" greeting.txt)" hello
    expect "$(stage_of_image "$SECOND_IMAGE")" final
    expect "$BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_IMAGE" "$image-second"
    expect "$SECOND_IMAGE" "$image-second:$BUILDKITE_PLUGIN_DOCKER_CACHE_KEY"
    [ -z "${BUILDKITE_PLUGIN_DOCKER_IMAGE+set}" ] || fail "BUILDKITE_PLUGIN_DOCKER_IMAGE is exported as well"
}

@test "the next job hits twice, also with the exports of the first in the environment of the second" {
    run_both
    local first=$FIRST_IMAGE second=$SECOND_IMAGE
    unset FIRST_IMAGE SECOND_IMAGE
    run_both
    expect "$status" 0 status
    expect "$FIRST_IMAGE" "$first" "the first image"
    expect "$SECOND_IMAGE" "$second" "the second image"
    expect "$(builds)" 2 builds
    expect "$(query 'SELECT outcome FROM events ORDER BY id' | tr '\n' ' ')" 'miss miss local-hit local-hit '
}

@test "an outcome of the first does not pass for one of the second" {
    second_use
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" miss
    run_both
    expect "$BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME" local-hit
    expect "$BUILDKITE_PLUGIN_DOCKER_CACHE_HIT" true
}

# one_shell: sources the hooks in sequence in one shell, and prints the state of this shell
one_shell() {
    cat >"$BATS_TEST_TMPDIR/one-shell" <<SHELL
#!/usr/bin/env bash
image='$image'
index='$index'
$(declare -f option forget_options first_use second_use)
second_target='${1:-}'
for hook in environment pre-command; do
    for use in first_use second_use; do
        "\$use"
        if [ "\$use" = second_use ] && [ -n "\$second_target" ]; then option TARGET "\$second_target"; fi
        . '$plugin/hooks/'"\$hook"
        echo "\$use \$hook: \$?"
    done
done
echo "FIRST_IMAGE=\${FIRST_IMAGE:-}"
echo "SECOND_IMAGE=\${SECOND_IMAGE:-}"
echo "EXPORT_IMAGE=\${BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_IMAGE:-}"
compgen -v docker_cache_ || true
SHELL
    run --separate-stderr bash "$BATS_TEST_TMPDIR/one-shell"
    printf '%s\n' "$output" "$stderr"
}

@test "sourced in one shell, they leave it both images and nothing else" {
    one_shell
    expect "$status" 0 status
    expect "$(grep -c ': 0$' <<<"$output")" 4 "hooks that succeeded"
    expect_text "$output" "^FIRST_IMAGE=$image:[0-9a-f]{40}$"
    expect_text "$output" "^SECOND_IMAGE=$image-second:[0-9a-f]{40}$"
    expect "$(tail -n 1 <<<"$output")" "EXPORT_IMAGE=$image-second" "the last line"
}

@test "a second lookup that fails leaves the exports of the first as they are" {
    one_shell no-such-stage
    expect_text "$output" '^first_use pre-command: 0$'
    expect_text "$output" '^second_use pre-command: [1-9]'
    expect_text "$output" "^FIRST_IMAGE=$image:[0-9a-f]{40}$"
    expect_text "$output" '^SECOND_IMAGE=$'
    expect_text "$output" "^EXPORT_IMAGE=$image$"
}

@test "with one variable for both, the second use says which image the step does not see" {
    second_variable=FIRST_IMAGE
    run_both
    expect "$status" 0
    expect_text "$errors" "FIRST_IMAGE had the image $image:[0-9a-f]+ of an earlier use .* and now has $image-second:"
    expect_text "$errors" 'export-env-variable'
    # The same image in the variable twice is not a problem.
    second_use() { first_use; }
    unset FIRST_IMAGE
    run_both
    expect "$status" 0
    expect "$errors" '' errors
}
