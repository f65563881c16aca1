#!/usr/bin/env bats
#
# The release binary without anything of this machine: no glibc or a different one, no /etc, no home.
# DOCKER_CACHE_TEST_RELEASE is the binary that script/build has made.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load ../end-to-end/helper

setup() {
    : "${DOCKER_CACHE_TEST_RELEASE:?run these tests with script/test}"
    end_to_end_setup
    # shellcheck source=../../script/lib/docker-kinds.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/docker-kinds.sh"
    root=$BATS_TEST_TMPDIR/root
    shared=$BATS_TEST_TMPDIR/shared
    mkdir -p "$root"/{bin,proc,dev,tmp,shared,etc/ssl/certs} "$shared"
    cp "$(type -P busybox)" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    cp "$DOCKER_CACHE_TEST_RELEASE" "$root/bin/docker-cache"
    put_docker_in_root
    start_name_server
    cp "$DOCKER_CACHE_TEST_TLS_AUTHORITY" "$root/etc/ssl/certs/ca-certificates.crt"
    cp -R . "$shared/checkout"
    variables=(PATH=/bin HOME=/tmp/home)
    variables+=(DOCKER_HOST=unix:///shared/docker.sock DOCKER_CONFIG=/shared/docker-configuration)
    arguments=()
    registry_name=localhost:${DOCKER_CACHE_TEST_TLS_REGISTRY##*:}
}

teardown() {
    if [ -n "${name_server_input:-}" ]; then exec {name_server_input}>&-; fi
    if [ -n "${socket_relay:-}" ]; then kill "$socket_relay" 2>/dev/null || true; fi
    end_to_end_teardown
}

# Debian's docker needs glibc. It gets a private copy, which no other program finds.
put_docker_in_root() {
    local source docker=$root/opt/docker program loader
    source=$(docker_root "${kind%%-*}")
    loader=$(compgen -G "$source/lib*/ld-linux-*.so.*" | head -n 1)
    mkdir -p "$docker" "$shared/docker-configuration/cli-plugins"
    cp -L "$loader" "$docker/loader"
    cp -L "$source/lib/$(uname -m)-linux-gnu/libc.so.6" "$docker"
    cp "$source/usr/bin/docker" "$source/usr/libexec/docker/cli-plugins/docker-buildx" "$docker"
    for program in docker docker-buildx; do
        printf '#!/bin/sh\nexec /opt/docker/loader --library-path /opt/docker /opt/docker/%s "$@"\n' \
            "$program" >"$BATS_TEST_TMPDIR/$program"
        chmod +x "$BATS_TEST_TMPDIR/$program"
    done
    cp "$BATS_TEST_TMPDIR/docker" "$root/bin/docker"
    cp "$BATS_TEST_TMPDIR/docker-buildx" "$shared/docker-configuration/cli-plugins/docker-buildx"
    # A relay to the daemon's socket with a name that is short enough for a socket.
    socat "UNIX-LISTEN:$shared/docker.sock,fork" "UNIX-CONNECT:${DOCKER_HOST#unix://}" 3>&- &
    socket_relay=$!
    wait_until test -S "$shared/docker.sock"
}

# Starts the server on an address in 127.0.0.0/8 that no other test uses.
start_name_server() {
    local address=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 2))
    mkfifo "$BATS_TEST_TMPDIR/name-server-input"
    "$BATS_TEST_DIRNAME/name_server.py" "$address" "$BATS_TEST_TMPDIR/questions" \
        <"$BATS_TEST_TMPDIR/name-server-input" >"$BATS_TEST_TMPDIR/name-server" 3>&- &
    exec {name_server_input}>"$BATS_TEST_TMPDIR/name-server-input"
    wait_until grep -q ready "$BATS_TEST_TMPDIR/name-server"
    echo "nameserver $address" >"$root/etc/resolv.conf"
}

# in_root ARGUMENT...: runs the binary in the root, in the checkout; sets its status and output
in_root() {
    run --separate-stderr "$BATS_TEST_DIRNAME/../../script/lib/in-root" "$root" "${arguments[@]}" "$shared" \
        /bin/busybox env -i "${variables[@]}" /bin/busybox sh -c 'cd /shared/checkout && exec docker-cache "$@"' - "$@"
    # shellcheck disable=SC2154
    echo "docker-cache $*: status $status"$'\n'"$output"$'\n'"$stderr"
}

# The tests for each root.
expect_everything_works() {
    local index=/shared/index.db
    in_root --version
    expect "$status" 0 'status of --version'
    in_root key --index "$index"
    expect "$status" 0 'status of key'
    expect "$output" "$("$DOCKER_CACHE_TEST_BIN" key --index "$BATS_TEST_TMPDIR/other.db")" 'the key'

    in_root run --image "$image" --provider local --index "$index"
    expect "$status" 0 'status of a miss'
    expect_text "$output" 'docker-cache: miss'
    in_root run --image "$image" --provider local --index "$index"
    expect_text "$output" 'docker-cache: local hit'

    # Only the name server knows the address of the registry's name.
    in_root run --image "$image" --provider registry --registry-url "$registry_name" --index "$index"
    expect "$status" 0 'status of a lookup that saves'
    expect "$(grep -c . <<<"$stderr" || true)" "$(grep -c '^#' <<<"$stderr" || true)" 'warnings'
    forget_images
    rm -f "$shared"/index.db*
    in_root run --image "$image" --provider registry --registry-url "$registry_name" --index "$index"
    expect_text "$output" 'docker-cache: registry hit'

    # The same, with the authority in a file that is named, and none that the system trusts.
    if [ -e "$root/etc/ssl/certs/ca-certificates.crt" ]; then
        mv "$root/etc/ssl/certs/ca-certificates.crt" "$shared/authority.pem"
        variables+=(SSL_CERT_FILE=/shared/authority.pem)
        forget_images
        rm -f "$shared"/index.db*
        in_root run --image "$image" --provider registry --registry-url "$registry_name" --index "$index"
        expect_text "$output" 'docker-cache: registry hit'
    fi

    in_root doctor --index "$index" --image "$image" --provider registry --registry-url "$registry_name"
    expect_text "$output" 'registry'
    [ "$status" -le 1 ] || fail "doctor ended with status $status"
}

expect_questions() { expect_text "$(cat "$BATS_TEST_TMPDIR/questions" 2>/dev/null)" '^localhost 1$'; }

@test "nothing but busybox" {
    expect_everything_works
    expect_questions
}

@test "Debian 11, whose glibc is older, with modules for names that are not this binary's" {
    cp -R "$(test_roots_directory)/debian-11/." "$root"
    printf 'passwd: files systemd\nhosts: files myhostname resolve [!UNAVAIL=return] dns\n' >"$root/etc/nsswitch.conf"
    expect_everything_works
    expect_questions
}

@test "musl" {
    cp -R "$(test_roots_directory)/musl/." "$root"
    expect_everything_works
    expect_questions
}

@test "no /etc, and the authority of the registry in a file that is named" {
    mv "$root/etc/ssl/certs/ca-certificates.crt" "$shared/authority.pem"
    rm -r "${root:?}/etc"
    variables+=(SSL_CERT_FILE=/shared/authority.pem)
    registry_name=127.0.0.1:${registry_name##*:}
    expect_everything_works
}

@test "no HOME" {
    variables=("${variables[@]/HOME=*/NO_HOME=}")
    expect_everything_works
}

@test "a root that can only be read, and a TMPDIR" {
    arguments=(--read-only)
    mkdir "$shared/temporary"
    variables+=(TMPDIR=/shared/temporary)
    expect_everything_works
    expect "$(ls -A "$shared/temporary")" '' 'what is left in TMPDIR'
}
