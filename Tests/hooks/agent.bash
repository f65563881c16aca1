# shellcheck shell=bash
#
# Runs a hook as the Buildkite agent does: a separate script sources it between two dumps of the environment. Tests that
# load this file use the variables that it sets.
# shellcheck disable=SC2034

# The directory of the plugin under test.
plugin=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
# The bash that runs the hooks, such as one of version 3.2.
hook_bash=${DOCKER_CACHE_TEST_BASH:-$(type -P bash)}
# Lines of the agent's script before it sources the hook.
agent_prologue=''

# The results of the last hook.
status=0
output=''
errors=''
# -g: bats loads this file inside a function.
declare -gA exported=()

# Removes the variables of a job that these tests may run in.
forget_job() {
    local name
    for name in $(
        compgen -e | grep -E '^(BUILDKITE|DOCKER_CACHE|OTEL_|TRACEPARENT|TRACESTATE)' | grep -v '^DOCKER_CACHE_TEST_'
    ); do
        unset "$name"
    done
}

# agent_script DIRECTORY HOOK
# Writes a script that sources the hook and leaves its dumps in the directory.
agent_script() {
    mkdir -p "$1"
    cat >"$1/script" <<SCRIPT
#!$hook_bash
$agent_prologue
env -0 >'$1/before'
. '$plugin/hooks/$2'
export BUILDKITE_HOOK_EXIT_STATUS=\$?
env -0 >'$1/after'
exit \$BUILDKITE_HOOK_EXIT_STATUS
SCRIPT
    chmod +x "$1/script"
}

# run_hook HOOK
# Runs in the current directory. Sets status, output, errors and exported. The exports are not applied to the test.
run_hook() {
    local directory
    directory=$(mktemp -d "$BATS_TEST_TMPDIR/hook-XXXXXX")
    agent_script "$directory" "$1"
    status=0
    "$directory/script" >"$directory/output" 2>"$directory/errors" </dev/null || status=$?
    read_hook "$directory"
}

# read_hook DIRECTORY
read_hook() {
    local line
    output=$(cat "$1/output")
    errors=$(cat "$1/errors")
    exported=()
    [ -e "$1/after" ] || return 0
    while IFS= read -r -d '' line; do
        case $line in
            BUILDKITE_HOOK_EXIT_STATUS=* | _=* | SHLVL=*) ;;
            *) exported[${line%%=*}]=${line#*=} ;;
        esac
    done < <(comm -z -13 <(sort -z "$1/before") <(sort -z "$1/after"))
    # bats shows this when the test fails.
    printf '%s\n' "status $status" "$output" "$errors"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    return 1
}

# expect ACTUAL EXPECTED [WHAT]
expect() { [ "$1" = "$2" ] || fail "${3:-value}: expected '$2', got '$1'"; }

# expect_text TEXT PATTERN: matches an extended regular expression, ignoring case
expect_text() { grep -Eiq -- "$2" <<<"$1" || fail "expected text that matches '$2', got '$1'"; }

# wait_until COMMAND...: waits for at most a minute
wait_until() {
    local tries=0
    until "$@" 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || fail "waited in vain for: $*" || return 1
        sleep 0.1
    done
}

# dump_around HOOK OPTIONS [VARIABLE]: sources a hook of $plugin in a shell with these options. Writes the state of the
# shell to the files before and after: options, functions, traps, descriptors, and variables except VARIABLE.
dump_around() {
    cat >script <<SCRIPT
$2
set -- one 'two three'
dump() {
    set +o; shopt; declare -F; trap; pwd; umask
    declare -p | grep -v -E "^(declare -[^ ]+ )?(_|BASH_[A-Z]+|FUNCNAME|LINENO|PIPESTATUS|RANDOM)(=|\$)" |
        grep -v -E "^(declare -[^ ]+ )?(SECONDS|SRANDOM|EPOCH[A-Z]*${3:+|$3})(=|\$)"
    printf '%s\n' "\$@"; ls /proc/\$\$/fd
}
dump "\$@" >before 2>&1
. '$plugin/hooks/$1'
dump "\$@" >after 2>&1
SCRIPT
    "$hook_bash" ./script
}
