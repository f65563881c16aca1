# shellcheck shell=bash
#
# A receiver of spans for tests, which parses them with OpenTelemetry's own definitions.
# shellcheck disable=SC2034,SC2154

# shellcheck source=../../script/lib/test-tools.sh
. "$BATS_TEST_DIRNAME/../../script/lib/test-tools.sh"

# Skips the test if the definitions are missing.
need_definitions() {
    test_python=$(test_tools_directory)/bin/python
    [ -x "$test_python" ] || skip "there is no opentelemetry-proto; script/setup --with-test-services installs it"
}

# start_receiver [ARGUMENT]...: sets receiver, its directory, and receiver_port. End it with end_receiver.
start_receiver() {
    need_definitions
    receiver=$BATS_TEST_TMPDIR/receiver-$RANDOM
    mkdir "$receiver"
    : >"$receiver/requests"
    mkfifo "$receiver/input"
    "$test_python" "$BATS_TEST_DIRNAME/otlp_receiver.py" "$receiver" "$@" <"$receiver/input" \
        2>"$receiver/errors" 3>&- &
    receiver_process=$!
    exec {receiver_input}>"$receiver/input"
    wait_until test -s "$receiver/port"
    receiver_port=$(cat "$receiver/port")
}

# Uses TLS, with a certificate whose authority is in $BATS_TEST_TMPDIR/authority.pem.
start_secure_receiver() {
    # shellcheck source=../../script/lib/services.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/services.sh"
    services_make_certificate "$BATS_TEST_TMPDIR" authority basicConstraints=critical,CA:TRUE
    services_make_certificate "$BATS_TEST_TMPDIR" server subjectAltName=IP:127.0.0.1 \
        -CA "$BATS_TEST_TMPDIR/authority.pem" -CAkey "$BATS_TEST_TMPDIR/authority.key"
    start_receiver --certificate "$BATS_TEST_TMPDIR/server.pem" --key "$BATS_TEST_TMPDIR/server.key"
}

end_receiver() {
    [ -n "${receiver_process:-}" ] || return 0
    exec {receiver_input}>&-
    wait "$receiver_process" 2>/dev/null || true
    receiver_process=''
}

# mood WHAT: sets the receiver's behaviour
mood() { echo "$1" >"$receiver/mood"; }

# received FILTER: applies a jq filter to the list of all requests
received() { jq -rs "$1" "$receiver/requests"; }

# span FILTER: applies a jq filter to the span of the last lookup
span() { jq -rs "last.spans[0] | $1" "$receiver/requests"; }

requests() { wc -l <"$receiver/requests"; }

# has_requests NUMBER: whether that many have arrived
has_requests() { [ "$(requests)" -ge "$1" ]; }
