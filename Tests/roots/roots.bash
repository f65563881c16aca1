# shellcheck shell=bash
#
# A root with nothing but busybox, the binary and the docker command. Tests run them there, with a directory that both
# sides see. DOCKER_CACHE_TEST_RELEASE is the binary that script/build has made.
#
# shellcheck disable=SC2034,SC2154

load ../end-to-end/helper

roots_setup() {
    : "${DOCKER_CACHE_TEST_RELEASE:?run these tests with script/test}"
    end_to_end_setup
    # shellcheck source=../../script/lib/docker-kinds.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/docker-kinds.sh"
    root=$BATS_TEST_TMPDIR/root
    shared=$BATS_TEST_TMPDIR/shared
    mkdir -p "$root"/{bin,proc,dev,tmp,shared,etc/ssl/certs} "$shared"
    cp "$(type -P busybox)" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    put_docker_in_root
    cp -R . "$shared/checkout"
    variables=(PATH=/bin HOME=/tmp/home)
    variables+=(DOCKER_HOST=unix:///shared/docker.sock DOCKER_CONFIG=/shared/docker-configuration)
    arguments=()
}

roots_teardown() {
    stop_name_server
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

# start_name_server [ADDRESS]: on that address, or on one in 127.0.0.0/8 that no other test uses. Fails if it is taken.
start_name_server() {
    local address=${1:-127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 2))}
    stop_name_server
    rm -f "$BATS_TEST_TMPDIR"/name-server*
    mkfifo "$BATS_TEST_TMPDIR/name-server-input"
    "$BATS_TEST_DIRNAME/name_server.py" "$address" "$BATS_TEST_TMPDIR/questions" \
        <"$BATS_TEST_TMPDIR/name-server-input" >"$BATS_TEST_TMPDIR/name-server" 3>&- &
    exec {name_server_input}>"$BATS_TEST_TMPDIR/name-server-input"
    wait_until grep -q . "$BATS_TEST_TMPDIR/name-server"
    grep -q ready "$BATS_TEST_TMPDIR/name-server" || return 1
    if [ -d "$root/etc" ]; then echo "nameserver $address" >"$root/etc/resolv.conf"; fi
}

stop_name_server() {
    if [ -n "${name_server_input:-}" ]; then exec {name_server_input}>&-; fi
    name_server_input=''
}

# run_in_root COMMAND...: runs it in the root, with these variables; sets its status and output
run_in_root() {
    run --separate-stderr "$BATS_TEST_DIRNAME/../../script/lib/in-root" "$root" "${arguments[@]}" "$shared" \
        /bin/busybox env -i "${variables[@]}" "$@"
    echo "$*: status $status"$'\n'"$output"$'\n'"$stderr"
}
