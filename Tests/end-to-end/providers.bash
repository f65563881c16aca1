# shellcheck shell=bash
#
# For tests of providers: registries under the providers' own names, and the providers' tools, whose calls are logged.
# The tests use the variables that are set here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

load helper
# For accept_account.
# shellcheck source=../../script/lib/services.sh
. "$BATS_TEST_DIRNAME/../../script/lib/services.sh"

# Links to this machine's programs except the providers' tools, so that a test has only the tools that it requests.
providers_setup_file() {
    mkdir "$BATS_FILE_TMPDIR/bin"
    cp -rsf /usr/sbin/. /usr/bin/. "$BATS_FILE_TMPDIR/bin"
    # From the Swift toolchain.
    ln -sf "$(type -P clang)" "$BATS_FILE_TMPDIR/bin/clang"
    (cd "$BATS_FILE_TMPDIR/bin" && rm -f aws az gcloud docker-credential-gcloud buildkite-agent)
}

# providers_setup PROVIDER [REGISTRY]: sets registry_parts, the directory of the registry, and registry, its name.
providers_setup() {
    if [ -n "${DOCKER_CACHE_TEST_NO_PROVIDERS:-}" ]; then skip "$DOCKER_CACHE_TEST_NO_PROVIDERS"; fi
    : "${DOCKER_CACHE_TEST_PROVIDERS:?run these tests with script/test}"
    local name
    for name in $(compgen -e | grep -E '^(AWS|CLOUDSDK|AZURE|GOOGLE|GCE|IDENTITY)_'); do unset "$name"; done
    # Prevents the use of the machine's own account. Nothing listens on port 1 of any machine.
    export AWS_EC2_METADATA_DISABLED=true NO_GCE_CHECK=true AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:1
    end_to_end_setup
    export DOCKER_CACHE_TEST_TOOLS=$BATS_TEST_TMPDIR/tools
    mkdir "$DOCKER_CACHE_TEST_TOOLS"
    tool_calls=$DOCKER_CACHE_TEST_TOOLS/calls
    : >"$tool_calls"
    export PATH=$BATS_TEST_TMPDIR/watch:$BATS_FILE_TMPDIR/bin
    use_stub buildkite-agent
    export SSL_CERT_FILE=${DOCKER_CACHE_TEST_PROVIDERS%/*}/authorities.pem
    registry_parts=$DOCKER_CACHE_TEST_PROVIDERS/${2:-$1}
    registry=$(cat "$registry_parts/name")
    # A test in another file may set the password of the same registry.
    exec {registry_lock}>"$registry_parts/lock"
    flock "$registry_lock"
    # The registry reads the file again when it changes.
    cp "$registry_parts/htpasswd" "$BATS_TEST_TMPDIR/htpasswd" 2>/dev/null || true
    option PROVIDER "$1"
}

providers_teardown() {
    if [ -e "$BATS_TEST_TMPDIR/htpasswd" ]; then cat "$BATS_TEST_TMPDIR/htpasswd" >"$registry_parts/htpasswd"; fi
    # Processes that the test has started may still have the file open.
    if [ -n "${registry_lock:-}" ]; then flock --unlock "$registry_lock"; fi
    end_to_end_teardown
    if [ -e "${DOCKER_CACHE_TEST_TOOLS:-}/unknown" ]; then
        fail "a tool was given what it does not know: $(cat "$DOCKER_CACHE_TEST_TOOLS/unknown")"
    fi
}

use_stub() { ln -s "$BATS_TEST_DIRNAME/tools/$1" "$BATS_TEST_TMPDIR/watch/$1"; }

remove_tool() { rm "$BATS_TEST_TMPDIR/watch/$1"; }

# answers FILE TEXT: sets an answer of the stubs
answers() { printf '%s\n' "$2" >"$DOCKER_CACHE_TEST_TOOLS/$1"; }

# watch_tool NAME PROGRAM: installs the program with a log of its calls. If a file `before-NAME` exists, it runs first,
# with the same arguments.
watch_tool() {
    cat >"$BATS_TEST_TMPDIR/watch/$1" <<WATCH
#!/usr/bin/env bash
state=$DOCKER_CACHE_TEST_TOOLS
printf '%s\n' "$1 \$*" >>"\$state/calls"
if [ -e "\$state/refused-$1" ] && grep -Eqf "\$state/refused-$1" <<<"\$*"; then
    cat "\$state/refusal-$1" >&2
    exit 254
fi
if [ -e "\$state/before-$1" ]; then "\$state/before-$1" "\$@"; fi
exec '$2' "\$@"
WATCH
    chmod +x "$BATS_TEST_TMPDIR/watch/$1"
}

# refuse_tool NAME PATTERN TEXT: from now on, matching calls of a watched tool fail with this message.
refuse_tool() {
    answers "refused-$1" "$2"
    answers "refusal-$1" "$3"
}

# some_secret: a unique string, which can be found wherever it was written.
some_secret() { printf 'secret-%s%s%s%s\n' "$RANDOM" "$RANDOM" "$RANDOM" "$RANDOM"; }

forget_calls() {
    : >"$docker_calls"
    : >"$tool_calls"
}

# tool_runs PATTERN: the number of tool calls that match
tool_runs() { grep -Ec -- "$1" "$tool_calls" || true; }

docker_logins() { calls '^login '; }

nobody_was_asked() {
    expect "$(cat "$tool_calls")" '' "calls of the provider's tools"
    expect "$(docker_logins)" 0 "docker logins"
}

change_inputs() { echo "changed $RANDOM of $image" >content.txt; }

# is_kept_in PATH: expects the last image in the registry, under that path and its cache tag.
is_kept_in() {
    expect "$(query "SELECT cache_image FROM entries WHERE key = '$key'")" "$registry/$1:cache-$key" "the cache image"
}

# Tests for every provider.

# Saves a miss. Another agent takes the image from the registry and then hits locally without any request, even without
# a login in Docker or a valid login in the index.
makes_the_rounds() {
    local saved
    run_job
    expect_outcome miss
    expect_text "$output" 'new-key'
    [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "no digest: '$digest'"
    saved=$digest
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$digest" "$saved" digest
    expect "$(builds)" 1 builds
    login_ended
    forget_calls
    docker_configuration "$HOME/nothing"
    DOCKER_CONFIG=$HOME/nothing run_job
    expect_outcome local-hit
    nobody_was_asked
    expect "$(wc -l <"$docker_calls")" 1 "docker processes"
}

# A second lookup, with a new key, saves with the login of the first.
login_lasts() {
    run_job
    expect_outcome miss
    forget_calls
    change_inputs
    run_job
    expect_outcome miss
    expect "$(calls '^push ')" 1 pushes
    nobody_was_asked
}

# logs_in_again_after COMMAND...: expects that one more login is enough to get the image.
logs_in_again_after() {
    run_job
    expect_outcome miss
    forget_images
    "$@"
    forget_calls
    run_job
    expect_outcome registry-hit
    expect "$(docker_logins)" 1 "docker logins"
}

docker_logout() { docker logout "$registry" >/dev/null; }

login_ended() { change_rows 'UPDATE logins SET ends_at = 0'; }

another_docker_configuration() {
    docker_configuration "$HOME/other"
    export DOCKER_CONFIG=$HOME/other
}

# Docker has a login that the registry no longer accepts.
login_expired() {
    local configuration=$DOCKER_CONFIG/config.json changed
    changed=$(jq --arg host "$registry" --arg auth "$(printf 'user:yesterday' | base64)" \
        '.auths[$host].auth = $auth' "$configuration")
    printf '%s\n' "$changed" >"$configuration"
}

# goes_on_without PATTERN...: expects a warning by default, and a failed step with on-error: fail.
goes_on_without() {
    local pattern
    run_job
    expect_outcome miss
    for pattern; do expect_text "$errors" "$pattern"; done
    # A new key, so that the image in the daemon is not used.
    change_inputs
    option ON_ERROR fail
    run_job
    expect "$status" 1 status
    for pattern; do expect_failure 1 "$pattern"; done
    no_option ON_ERROR
}

# The same image and key in two places: expects two entries, which do not replace each other.
is_in_two_places() {
    local kept="FROM entries WHERE key = '$key'"
    expect "$(query "SELECT count(DISTINCT scope), count(DISTINCT cache_image) $kept")" '2|2' "scopes and cache images"
}

# run_traced_job: run_job with the arguments and the environment of every process in `trace`.
run_traced_job() {
    cat >"$BATS_TEST_TMPDIR/traced" <<TRACED
#!/usr/bin/env bash
exec strace -f -qq -v -s 100000 -e trace=execve -o '$BATS_TEST_TMPDIR/trace' -A -- '$DOCKER_CACHE_TEST_BIN' "\$@"
TRACED
    chmod +x "$BATS_TEST_TMPDIR/traced"
    option VERBOSE true
    DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/traced run_job
    # All output is collected here, because each job has its own.
    printf '%s\n' "$output" "$errors" "${exported[@]}" >>"$BATS_TEST_TMPDIR/written"
}

# stays_secret SECRET [VARIABLE]: saves and finds an image with the secret. It then must not be in any log, export,
# argument or index, nor in any variable but VARIABLE, and the agent must have been told to redact it.
stays_secret() {
    run_traced_job
    expect_outcome miss
    forget_images
    docker_logout
    run_traced_job
    expect_outcome registry-hit
    login_expired
    change_inputs
    run_traced_job
    expect "$status" 0 status
    # Otherwise the checks below are meaningless.
    grep -q execve "$BATS_TEST_TMPDIR/trace"
    run ! grep -F -- "$1" "$BATS_TEST_TMPDIR/written"
    run ! grep -F -- "$1" "$docker_calls" "$tool_calls"
    run ! grep -rF -- "$1" "$(dirname "$index")"
    # Every process has the variable in its environment. Without it, nothing may match.
    run ! grep -F -- "$1" <(sed "s/\"${2:-nothing}=[^\"]*\"//g" "$BATS_TEST_TMPDIR/trace")
    grep -qxF -- "$1" "$DOCKER_CACHE_TEST_TOOLS/redacted"
}

# stops_in_pre_command PATTERN...: expects status 64, and no requests. The environment hook does not report the problem,
# because the variable of an option may be set after it.
stops_in_pre_command() {
    local pattern
    run_hook environment
    expect "$status" 0 status
    run_hook pre-command
    for pattern; do expect_failure 64 "$pattern"; done
    nothing_was_done
}

# refused PATTERN...: both hooks reject it, with a message that matches all patterns
refused() {
    local hook pattern
    for hook in environment pre-command; do
        run_hook "$hook"
        for pattern; do expect_failure 64 "$pattern"; done
    done
    nothing_was_done
}

nothing_was_done() {
    nobody_was_asked
    expect "$(cat "$docker_calls")" '' "calls of docker"
    [ ! -e "$index" ] || fail "there is an index"
}
