# shellcheck shell=bash
#
# Real services for tests and for the quickstart: a Docker daemon, a registry, an image to build from. Source it, then:
#
#     services_begin                        makes a directory for everything below; a trap stops everything at exit
#     use_docker_kind 28.5-containerd       makes that kind's client the only `docker` from here on; without this call,
#                                           it is this machine's own
#     ensure_docker_daemon                  uses the daemon that already answers, or starts one
#     start_docker_daemon                   starts our own daemon, of the kind in use; services_registry_mirror is the
#                                           address of a mirror of Docker Hub
#     ensure_base_image                     provides docker-cache-test/busybox:latest
#     start_registry open                   sets registry_address
#     start_registry protected USER PASSWORD      requires both with every request
#     start_registry token USER PASSWORD          sends its clients to a token server, which is started too
#     start_registry tls                          open, over TLS; also sets registry_authority, a file
#     stop_registry ADDRESS
#     start_providers                       registries under the providers' own names: see provider-services.sh
#     services_end                          what the trap does; can be called sooner
#
# It stops only what it started, by process id.

readonly base_image=docker-cache-test/busybox:latest

services_directory=''
# Used by the scripts that source this file.
# shellcheck disable=SC2034
registry_address=''
# The file with the certificate (PEM) of the authority that signed the registry's own certificate.
# shellcheck disable=SC2034
registry_authority=''
# The directory of the registries under the providers' names.
# shellcheck disable=SC2034
providers=''
started_daemon=''
imported_base_image=''

# shellcheck source=docker-kinds.sh
. "$(dirname "${BASH_SOURCE[0]}")/docker-kinds.sh"
# shellcheck source=provider-services.sh
. "$(dirname "${BASH_SOURCE[0]}")/provider-services.sh"

services_say() { printf '%s: %s\n' "${services_caller:-services}" "$*" >&2; }

services_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        services_say "needs root or sudo to run: $*"
        return 1
    fi
}

services_begin() {
    # Short, because a socket path is limited to 107 bytes. Not on tmpfs, which overlay2 cannot use.
    local parent=${TMPDIR:-/tmp}
    parent=${parent%/}
    if [ "${#parent}" -gt 60 ]; then parent=/tmp; fi
    services_directory=$(mktemp -d "$parent/dc-services.XXXXXX")
    # Test servers import their common modules from the checkout.
    export PYTHONDONTWRITEBYTECODE=1
    trap services_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    trap 'exit 129' HUP
}

# Keeps the script's exit status, so that the cleanup hides no failure.
services_end() {
    local status=$?
    trap - EXIT
    trap '' INT TERM HUP
    if [ -n "$services_directory" ]; then
        local registry
        for registry in "$services_directory"/registry-*/; do services_stop_registry "$registry"; done
        services_stop_provider_tools
        if [ -n "$imported_base_image" ] && [ -z "$started_daemon" ]; then
            docker image rm "$base_image" >/dev/null 2>&1 || true
        fi
        if [ -n "$started_daemon" ]; then services_stop_daemon; fi
        services_as_root rm -rf --one-file-system "$services_directory"
        services_directory=''
    fi
    trap - INT TERM HUP
    return "$status"
}

# Starts a process in its own session, so that Ctrl-C reaches the tests first, and the services only through
# services_end. The kernel sends it a TERM if this script is killed and cannot stop it.
services_spawn() {
    local log=$1
    shift
    setsid setpriv --pdeathsig TERM "$@" </dev/null >"$log" 2>&1 &
}

services_stop_process() {
    local pidfile=$1 pid tries=0
    pid=$(cat "$pidfile" 2>/dev/null) || return 0
    rm -f "$pidfile" 2>/dev/null || true
    services_as_root kill "$pid" 2>/dev/null || return 0
    while services_as_root kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -eq 300 ]; then services_as_root kill -KILL "$pid" 2>/dev/null || true; fi
        if [ "$tries" -gt 320 ]; then
            services_say "process $pid does not end"
            return 0
        fi
        sleep 0.1
    done
}

# Waits until the command in the remaining arguments succeeds. Gives up when the process is gone, or after a minute.
services_wait_for() {
    local what=$1 pid=$2 log=$3 tries=0
    shift 3
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ] || ! services_as_root kill -0 "$pid" 2>/dev/null; then
            services_say "$what did not start. The end of its log:"
            tail -n 20 "$log" >&2
            return 1
        fi
        sleep 0.1
    done
}

# The variable tells the kind to tests that start their own daemon.
use_docker_kind() {
    local kind=$1 root client=/usr/bin/docker
    root=$(docker_root "$(docker_release "$kind")")
    if ! [ -x "$root$client" ]; then
        services_say "there is no Docker client at $root$client; script/setup --with-test-services installs it"
        return 1
    fi
    export DOCKER_CACHE_TEST_DOCKER_KIND=$kind
    DOCKER_CACHE_TEST_CACHE=$(test_cache_directory)
    export DOCKER_CACHE_TEST_CACHE
    mkdir -p "$services_directory/client" "$services_directory/docker-config"
    ln -sf "$root$client" "$services_directory/client/docker"
    PATH=$services_directory/client:$PATH
    export PATH
    # The directory in which the client finds its plugins. A test's own configuration directory needs a link to it.
    export DOCKER_CONFIG=$services_directory/docker-config
    export DOCKER_CACHE_TEST_CLI_PLUGINS=$root/usr/libexec/docker/cli-plugins
    ln -sfn "$DOCKER_CACHE_TEST_CLI_PLUGINS" "$DOCKER_CONFIG/cli-plugins"
    unset DOCKER_BUILDKIT
    case $kind in *-legacy) export DOCKER_BUILDKIT=0 ;; esac
}

docker_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

ensure_docker_daemon() {
    if docker_answers; then
        services_say "using the Docker daemon that answers${DOCKER_HOST:+ at $DOCKER_HOST}"
        return 0
    fi
    start_docker_daemon
}

# Starts a daemon that can run next to another one and leaves nothing behind: its own bridge instead of docker0, no
# iptables rules, no change to forwarding. RUN works with either builder, but without a network. `--bridge=none` is not
# an option: RUN would need `--network` in every build, and such a daemon deletes another daemon's docker0.
start_docker_daemon() {
    local directory=$services_directory/docker kind=${DOCKER_CACHE_TEST_DOCKER_KIND:-} root=''
    local bridge subnet log version tries=0 features='{}'
    if [ -n "$kind" ]; then root=$(docker_root "$(docker_release "$kind")"); fi
    case $kind in
        28.5-containerd) features='{"containerd-snapshotter": true}' ;;
        28.5) features='{"containerd-snapshotter": false}' ;;
    esac
    if ! command -v dockerd >/dev/null || ! command -v ip >/dev/null; then
        services_say "dockerd or ip is missing; script/setup --with-docker installs them"
        return 1
    fi
    mkdir -p "$directory"
    log=$directory/log

    until
        bridge=dc$((RANDOM % 10000))x$((RANDOM % 10000))
        services_as_root ip link add "$bridge" type bridge
    do
        tries=$((tries + 1))
        if [ "$tries" -ge 5 ]; then
            services_say "cannot make a network bridge for a Docker daemon of our own"
            return 1
        fi
    done
    printf '%s\n' "$bridge" >"$directory/bridge"
    started_daemon=$directory
    # 198.18.0.0/15 is reserved for benchmarks (RFC 2544), so it conflicts with no real network.
    subnet=198.18.$((RANDOM % 256))
    services_as_root ip address add "$subnet.1/24" dev "$bridge"
    services_as_root ip link set "$bridge" up

    DOCKER_HOST=unix://$directory/socket
    export DOCKER_HOST
    unset DOCKER_CONTEXT DOCKER_TLS_VERIFY
    printf '{"features": %s, "registry-mirrors": [%s]}\n' "$features" \
        "${services_registry_mirror:+\"$services_registry_mirror\"}" >"$directory/daemon.json"
    local command=(dockerd)
    if [ -n "$root" ]; then
        command=("$(dirname "${BASH_SOURCE[0]}")/in-docker-root" "$root" "$services_directory" dockerd)
    fi
    # The daemon's root does not contain a test's TMPDIR. The daemon verifies token servers only with the system's
    # authorities, and ours have a certificate from our own authority.
    local environment=(--unset TMPDIR)
    if [ -e "$services_directory/authorities.pem" ]; then
        environment+=("SSL_CERT_FILE=$services_directory/authorities.pem")
    fi
    command=(env "${environment[@]}" "${command[@]}")
    if [ "$(id -u)" -ne 0 ]; then command=(sudo "${command[@]}"); fi
    services_spawn "$log" "${command[@]}" --config-file "$directory/daemon.json" \
        --data-root "$directory/data" --exec-root "$directory/run" --pidfile "$directory/pid" \
        --host "$DOCKER_HOST" --group "$(id -g)" \
        --bridge "$bridge" --iptables=false --ip6tables=false --ip-masq=false --ip-forward=false \
        --containerd-namespace "$bridge" --containerd-plugins-namespace "$bridge-plugins"
    services_wait_for dockerd $! "$log" docker_answers
    version=$(docker version --format '{{.Server.Version}}')
    services_say "started a Docker daemon of our own ($version${kind:+, $kind})"
    case $version in
        "$(docker_release "${kind:-$version}")"*) ;;
        *)
            services_say "WARNING: what is tested is Docker $version, and not the $kind that was asked for."
            services_say "Debian has another version by now: change docker-kinds.sh and what names the tested versions."
            ;;
    esac
}

services_stop_daemon() {
    local directory=$started_daemon mounted
    services_stop_process "$directory/pid"
    # Unmounts what the daemon left mounted, innermost first.
    while read -r mounted; do
        services_as_root umount "$mounted" || true
    done < <(awk -v below="$directory/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r)
    services_as_root ip link delete "$(cat "$directory/bridge")" 2>/dev/null || true
    started_daemon=''
    unset DOCKER_HOST
}

# Tests cannot rely on fetching an image, so the base of every test image is made from Debian's static busybox.
ensure_base_image() {
    if docker image inspect "$base_image" >/dev/null 2>&1; then return 0; fi
    local busybox=/bin/busybox directory=$services_directory/busybox applet
    if ! [ -x "$busybox" ]; then
        services_say "$busybox is missing; script/setup --with-test-services installs it"
        return 1
    fi
    mkdir -p "$directory/bin" "$directory/tmp"
    cp "$busybox" "$directory/bin/busybox"
    for applet in $("$busybox" --list); do
        if [ "$applet" != busybox ]; then ln -sf busybox "$directory/bin/$applet"; fi
    done
    tar -C "$directory" --numeric-owner --owner 0 --group 0 -c . |
        docker import --change 'ENV PATH=/bin' - "$base_image" >/dev/null
    imported_base_image=yes
    rm -rf "$directory"
}

start_registry() {
    local kind=$1 directory
    directory=$(mktemp -d "$services_directory/registry-XXXXXX")
    {
        services_store "$directory"
        case $kind in
            open) services_listen ;;
            protected)
                services_listen
                services_require_password "$directory" "$2" "$3"
                ;;
            token)
                services_listen
                services_require_token "$directory" "$2" "$3"
                ;;
            tls) services_listen_with_tls "$directory" ;;
            *)
                services_say "there is no registry of the kind '$kind'"
                return 1
                ;;
        esac
    } >"$directory/config.yml"
    services_listen_on_loopback docker-registry "$directory" docker-registry serve "$directory/config.yml"
    # Both are used by the scripts that source this file.
    # shellcheck disable=SC2034
    registry_address=$(cat "$directory/address")
    # shellcheck disable=SC2034
    if [ "$kind" = tls ]; then registry_authority=$directory/authority.pem; fi
}

# Runs a server, and writes its address to a file `address` next to its `pid` and `log`. The kernel picks the port, and
# the log contains it, so that no other process can take the port in between.
services_listen_on_loopback() {
    local what=$1 directory=$2 log=$2/log listening='(listening|Running) on (http://)?(127\.[0-9.]+:[0-9]+)'
    shift 2
    services_spawn "$log" "$@"
    printf '%s\n' $! >"$directory/pid"
    services_wait_for "$what" $! "$log" grep -Eq "$listening" "$log"
    sed -nE "s,.*$listening.*,\\3,p" "$log" | head -n 1 >"$directory/address"
}

# Five functions, each of which writes a part of the registry's configuration to standard output.

services_store() {
    cat <<YAML
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $1/data}
  delete: {enabled: true}
YAML
}

services_listen() { printf 'http: {addr: "127.0.0.1:0"}\n'; }

# The authority is made for this one certificate, and nothing else trusts it.
services_listen_with_tls() {
    local directory=$1
    services_make_certificate "$directory" authority basicConstraints=critical,CA:TRUE
    services_make_certificate "$directory" server subjectAltName=IP:127.0.0.1,DNS:localhost \
        -CA "$directory/authority.pem" -CAkey "$directory/authority.key"
    printf 'http: {addr: "127.0.0.1:0", tls: {certificate: %s, key: %s}}\n' \
        "$directory/server.pem" "$directory/server.key"
}

services_require_password() {
    local directory=$1
    accept_account "$directory" "$2" "$3"
    printf 'auth: {htpasswd: {realm: test, path: %s}}\n' "$directory/htpasswd"
}

# accept_account DIRECTORY USER PASSWORD: makes this user the only one of that directory's registry, running or not
accept_account() {
    # The registry accepts only bcrypt. perl is on every Debian, and its crypt(3) supports bcrypt. perl reads the
    # password from standard input, so that no list of processes shows it. The dollar signs belong to perl and bcrypt.
    # shellcheck disable=SC2016
    printf '%s:%s\n' "$2" "$(
        printf '%s' "$3" | perl -e 'print crypt(<STDIN>, q($2y$05$dockercachedockercacheu))'
    )" >"$1/htpasswd"
}

# services_require_token DIRECTORY USER PASSWORD [REALM]
services_require_token() {
    local directory=$1/token-server service=docker-cache-test
    mkdir "$directory"
    services_make_certificate "$directory" server basicConstraints=critical,CA:FALSE
    printf '%s\n' "$2" "$3" >"$directory/account"
    services_listen_on_loopback 'the token server' "$directory" \
        python3 "$(dirname "${BASH_SOURCE[0]}")/token_server.py" "$directory" "$service"
    printf 'auth: {token: {realm: "%s", service: %s, issuer: %s, rootcertbundle: %s}}\n' \
        "${4:-http://$(cat "$directory/address")/token}" "$service" "$service" "$directory/server.pem"
}

# Writes NAME.pem and NAME.key, valid for two days, with one extension. The certificate is self-signed unless the
# remaining arguments name an authority. openssl's own configuration would add extensions.
services_make_certificate() {
    local directory=$1 name=$2 extension=$3
    shift 3
    openssl req -x509 -newkey rsa:2048 -noenc -days 2 -subj "/CN=docker-cache test $name" -addext "$extension" "$@" \
        -config <(printf '[req]\ndistinguished_name = dn\n[dn]\n') \
        -out "$directory/$name.pem" -keyout "$directory/$name.key" 2>"$directory/$name.log" ||
        {
            services_say "openssl could not make a certificate: $(cat "$directory/$name.log")"
            return 1
        }
}

stop_registry() {
    local file
    for file in "$services_directory"/registry-*/address; do
        if [ "$(cat "$file")" = "$1" ]; then
            services_stop_registry "$(dirname "$file")"
            rm -rf "$(dirname "$file")"
            return 0
        fi
    done
    services_say "no registry of ours is at $1"
    return 1
}

# Stops the registry first, then the services that it relies on. Gives up its name last, after all cleanup.
services_stop_registry() {
    local pidfile
    for pidfile in "$1/front/pid" "$1/pid" "$1/token-server/pid"; do
        if [ -e "$pidfile" ]; then services_stop_process "$pidfile"; fi
    done
    if [ -e "$1/name" ]; then services_give_up_name "$1"; fi
}
