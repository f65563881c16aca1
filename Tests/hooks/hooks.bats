#!/usr/bin/env bats
#
# The hooks alone. A stub replaces the binary. It logs its calls and follows the STUB_ variables.
#
# Every test is a separate process, and agent.bash sets the variables that are read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2164,SC2103

bats_require_minimum_version 1.5.0
load agent

version=$(sed -n 's/^version //p' "$plugin/lib/release")

setup() {
    forget_job
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir -p "$TMPDIR" "$BATS_TEST_TMPDIR/checkout" "$BATS_TEST_TMPDIR/stub"
    cd "$BATS_TEST_TMPDIR/checkout"
    make_stub "$BATS_TEST_TMPDIR/stub/docker-cache" stub
    export DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/stub/docker-cache
    export STUB_LOG=$BATS_TEST_TMPDIR/log
    : >"$STUB_LOG"
}

make_stub() {
    cat >"$1" <<STUB
#!/usr/bin/env bash
if [ "\$1" = --version ]; then echo '$version'; exit; fi
printf '%s: %s\n' '$2' "\$*" >>"\$STUB_LOG"
STUB
    cat >>"$1" <<'STUB'
printf 'in: %s\n' "$PWD" >>"$STUB_LOG"
echo "a line for the log"
echo "a warning" >&2
if [ "$2" = pre-command ]; then
    printf '%s' "${STUB_EXPORTS-:}" >"$4"
fi
eval "${STUB_RUN:-}"
exit "${STUB_STATUS:-0}"
STUB
    chmod +x "$1"
}

# A copy of the plugin, with the hooks only, in a directory whose name needs quoting.
copy_plugin() {
    plugin="$BATS_TEST_TMPDIR/a plugin"
    mkdir -p "$plugin"
    cp -R "$BATS_TEST_DIRNAME/../../hooks" "$BATS_TEST_DIRNAME/../../lib" "$plugin"
    unset DOCKER_CACHE_BIN
    # Nothing is fetched here. fetch.bats tests that.
    export DOCKER_CACHE_DOWNLOAD=never HOME=$BATS_TEST_TMPDIR
}

nothing_is_left() {
    local left
    left=$(ls -A "$TMPDIR")
    expect "$left" '' "files left behind"
}

@test "environment calls the binary to validate, and exports nothing" {
    run_hook environment
    expect "$status" 0
    expect "$(head -n 1 "$STUB_LOG")" "stub: hook environment"
    expect "${#exported[@]}" 0 "exports"
}

@test "environment ends with the status of the binary" {
    export STUB_STATUS=64
    run_hook environment
    expect "$status" 64
}

@test "pre-command takes the exports of the binary without a file" {
    run_hook pre-command
    expect "$status" 0
    grep -qx 'stub: hook pre-command --exports /dev/fd/8' "$STUB_LOG"
    nothing_is_left
}

@test "pre-command runs the binary in the checkout" {
    run_hook pre-command
    grep -qx "in: $BATS_TEST_TMPDIR/checkout" "$STUB_LOG"
}

@test "pre-command exports what the binary wrote, whatever the values contain" {
    export STUB_EXPORTS="export BUILDKITE_PLUGIN_DOCKER_IMAGE='app:0123'
export DIFFICULT='a \"b\" \$(touch $BATS_TEST_TMPDIR/pwned) \\ '\\''quoted'\\''
second line'
"
    run_hook pre-command
    expect "$status" 0
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]}" app:0123
    expect "${exported[DIFFICULT]}" "a \"b\" \$(touch $BATS_TEST_TMPDIR/pwned) \\ 'quoted'
second line"
    expect "${#exported[@]}" 2 "exports"
    [ ! -e "$BATS_TEST_TMPDIR/pwned" ]
}

@test "the log and the warnings of the binary keep their streams" {
    local hook
    for hook in environment pre-command; do
        run_hook "$hook"
        expect "$output" "a line for the log"
        expect "$errors" "a warning"
    done
}

@test "pre-command exports nothing when the binary fails, even if it wrote something" {
    export STUB_EXPORTS="export BUILDKITE_PLUGIN_DOCKER_IMAGE='app:0123'" STUB_STATUS=17
    run_hook pre-command
    expect "$status" 17
    expect "${#exported[@]}" 0 "exports"
    nothing_is_left
}

@test "pre-command fails when the binary succeeds without writing exports" {
    export STUB_EXPORTS=''
    run_hook pre-command
    expect "$status" 1
    expect "$errors" "a warning
docker-cache: error: $DOCKER_CACHE_BIN exported nothing. Install it again."
    nothing_is_left
}

@test "pre-command leaves nothing behind when the binary is killed" {
    # Expanded by the stub's shell.
    # shellcheck disable=SC2016
    export STUB_RUN='kill -KILL $$'
    run_hook pre-command
    expect "$status" 137
    expect "${#exported[@]}" 0 "exports"
    nothing_is_left
}

@test "a cancelled job: the binary gets the signal, ends in its own time, and nothing is left behind" {
    local directory=$BATS_TEST_TMPDIR/cancelled group
    # The stub ends its cleanup only when the test tells it to, so its shell must wait for it.
    # shellcheck disable=SC2016
    export STUB_RUN='
        trap "echo terminated >>\"$STUB_LOG\"; exit 143" TERM
        echo ready >"$STUB_LOG.ready"
        while :; do read -r -t 1 <>"$STUB_LOG.never" || :; done'
    mkfifo "$STUB_LOG.never"
    agent_script "$directory" pre-command
    setsid "$directory/script" >"$directory/output" 2>"$directory/errors" 3>&- &
    group=$!
    wait_until test -e "$STUB_LOG.ready"
    kill -TERM -- "-$group"
    wait "$group" || status=$?
    expect "$status" 143
    grep -qx terminated "$STUB_LOG"
    nothing_is_left
    read_hook "$directory"
    expect "${#exported[@]}" 0 "exports"
}

@test "the traps of the agent's shell are as they were" {
    # Expanded by the agent's shell, with its variables.
    # shellcheck disable=SC2016
    agent_prologue='
        trap "echo of the agent" TERM; trap "" QUIT; before=$(trap -p)
        trap "[ \"\$before\" = \"\$(trap -p | grep -v EXIT)\" ] || echo changed traps" EXIT'
    export STUB_EXPORTS="export BUILDKITE_PLUGIN_DOCKER_IMAGE='app:0123'"
    for hook in environment pre-command; do
        run_hook "$hook"
        expect "$status" 0
        expect "$output" "a line for the log"
    done
}

@test "where the phases of a job do not include its command, nothing is checked" {
    export BUILDKITE_BOOTSTRAP_PHASES=plugin,checkout STUB_STATUS=64
    run_hook environment
    expect "$status" 0
    expect "$output$errors" ''
    export DOCKER_CACHE_BIN=/no/such/binary
    run_hook environment
    expect "$status" 0
    export BUILDKITE_BOOTSTRAP_PHASES=plugin,command
    run_hook environment
    expect "$status" 64
}

@test "the hooks work under set -euo pipefail" {
    agent_prologue='set -euo pipefail'
    export STUB_EXPORTS="export BUILDKITE_PLUGIN_DOCKER_IMAGE='app:0123'"
    run_hook environment
    expect "$status" 0
    run_hook pre-command
    expect "$status" 0
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]}" app:0123
    export STUB_STATUS=64
    run_hook environment
    expect "$status" 64
    run_hook pre-command
    expect "$status" 64
    nothing_is_left
}

@test "the hooks leave no variable, function, option, trap or descriptor of their own" {
    local hook options
    export STUB_EXPORTS=:
    for hook in environment pre-command; do
        for options in '' 'set -euo pipefail' 'set -a; shopt -s nullglob; IFS=:; trap "echo bye" EXIT; trap "" USR1' \
            'set -o posix; shopt -s failglob nocasematch extglob; exec 7</dev/null 8</dev/null 9</dev/null <&-' \
            'set -eET; trap "echo failed" ERR'; do
            dump_around "$hook" "$options" >/dev/null 2>&1
            diff before after || fail "$hook after '$options'"
        done
    done
}

@test "a DOCKER_CACHE_BIN that is none is named, and no other is taken" {
    copy_plugin
    export DOCKER_CACHE_BIN=/nowhere/docker-cache PATH=$BATS_TEST_TMPDIR/stub:$PATH
    local hook
    for hook in environment pre-command; do
        run_hook "$hook"
        expect "$status" 64
        expect "$errors" "docker-cache: error: DOCKER_CACHE_BIN is '/nowhere/docker-cache', which is not an executable \
file. Correct it in the agent's environment hook. Or unset it: then the plugin finds its own."
    done
    expect "$(cat "$STUB_LOG")" ''
}

@test "the plugin's own binary comes before PATH, and DOCKER_CACHE_BIN before both" {
    copy_plugin
    mkdir "$plugin/bin" "$BATS_TEST_TMPDIR/path"
    make_stub "$BATS_TEST_TMPDIR/path/docker-cache" path
    export PATH=$BATS_TEST_TMPDIR/path:$PATH
    run_hook environment
    expect "$(grep -c '^path:' "$STUB_LOG")" 1
    make_stub "$plugin/bin/docker-cache" plugin
    run_hook environment
    run_hook pre-command
    expect "$(grep -c '^plugin:' "$STUB_LOG")" 2
    export DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/stub/docker-cache
    run_hook environment
    expect "$(grep -c '^stub:' "$STUB_LOG")" 1
    expect "$(grep -c '^p' "$STUB_LOG")" 3
}

@test "a plugin directory with spaces, sourced by a relative path" {
    copy_plugin
    mkdir "$plugin/bin"
    make_stub "$plugin/bin/docker-cache" plugin
    cd "$plugin/hooks"
    export STUB_EXPORTS="export FOUND='yes'"
    # The shell of the hook expands it.
    # shellcheck disable=SC2016
    local show='>/dev/null 2>&1; echo "$FOUND"'
    expect "$("$hook_bash" -c ". ./pre-command $show")" yes
    cd ..
    expect "$("$hook_bash" -c ". hooks/pre-command $show")" yes
    expect "$(CDPATH=/:.. "$hook_bash" -c ". hooks/pre-command $show")" yes
}

@test "the hooks never exit and use nothing newer than bash 3.2" {
    local newer='declare -A|local -n|mapfile|readarray|coproc|\$\{[A-Za-z_]+(\^|,,|@)|&>>|\|&|printf -v .*\[|wait -n|;&'
    # An exit inside a subshell does not affect the agent.
    run ! grep -En '^ {0,8}exit' "$plugin"/hooks/* "$plugin"/lib/*
    run ! grep -En "$newer" "$plugin"/hooks/* "$plugin"/lib/*
}

@test "a release names the plugin in one place, and all examples follow" {
    local copy=$BATS_TEST_TMPDIR/copy
    mkdir "$copy"
    cp -r "$plugin/README.md" "$plugin/docs" "$plugin/lib" "$plugin/script" "$plugin/plugin.yml" "$copy"
    mkdir -p "$copy/Sources/Host"
    cp "$plugin/Sources/Host/ProductVersion.swift" "$copy/Sources/Host"
    before=$(cat "$copy/lib/plugin-address")
    "$copy/script/name-plugin" acme 12.3.4
    expect "$(cat "$copy/lib/plugin-address")" acme/docker-cache#v12.3.4
    if grep -rF "$before" "$copy/README.md" "$copy/docs"; then fail 'the old address is left'; fi
    if grep -rE "\\b${before%%/*}\\b|v${before##*#v}" "$copy/README.md" "$copy/docs"; then
        fail 'the old owner or version is left'
    fi
    # Once an owner is set, no example has a placeholder.
    if grep -r 'Replace `' "$copy/README.md" "$copy/docs"; then fail 'an instruction to replace the owner is left'; fi
    expect "$(grep -cF "$before" "$plugin/README.md")" "$(grep -cF acme/docker-cache#v12.3.4 "$copy/README.md")"
    expect_text "$(cat "$copy/Sources/Host/ProductVersion.swift")" 'current = "12\.3\.4"'
    expect "$(diff "$plugin/plugin.yml" "$copy/plugin.yml" | grep '^>')" '> # Version 12.3.4' 'the change of plugin.yml'
    expect "$(cat "$copy/lib/release")" "version 12.3.4
url https://github.com/acme/docker-cache-buildkite-plugin/releases/download/v12.3.4"
    # The released checksums stay until the next release is made.
    echo 'linux-other 1 2' >>"$copy/lib/release"
    "$copy/script/name-plugin" other 12.4.0
    expect "$(cat "$copy/lib/release")" "plugin 12.4.0
version 12.3.4
url https://github.com/other/docker-cache-buildkite-plugin/releases/download/v12.3.4
linux-other 1 2"
    for arguments in acme 'acme v1' 'a/b 1.2.3' 'acme 1.2.3 more'; do
        # shellcheck disable=SC2086
        run "$copy/script/name-plugin" $arguments
        expect "$status" 64 "status of name-plugin $arguments"
    done
}
