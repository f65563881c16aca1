# shellcheck shell=bash
#
# Registries under the providers' own names, and the services for the providers' tools. Sourced by services.sh.
#
#     why_no_providers      prints why this machine cannot have them; nothing if it can
#     start_providers       all of the below; their parts are in the directory `providers`, a link for each provider
#     start_registry_as HOST[:PORT] protected USER PASSWORD          sets registry_directory
#     start_registry_as HOST[:PORT] protected|token USER PASSWORD OPTION...      with provider_registry.py in front
#     start_moto ACCOUNT            sets moto_endpoint: Amazon's interface
#     start_artifact_registry DIRECTORY    sets artifact_registry_endpoint: Google's interface
#
# A name is an entry in /etc/hosts and an authority in /etc/docker/certs.d. A test run that uses a name holds a lock for
# as long as it runs. Another run that needs the same name waits. A name without a lock was left behind by a killed run;
# the next run removes it.
#
# shellcheck disable=SC2154

readonly names_directory=/run/lock/docker-cache-test
readonly names_mark='# docker-cache test'
readonly docker_authorities=/etc/docker/certs.d

# Used by the scripts that source this file.
# shellcheck disable=SC2034
registry_directory=''
moto_endpoint=''
artifact_registry_endpoint=''

# shellcheck source=test-tools.sh
. "$(dirname "${BASH_SOURCE[0]}")/test-tools.sh"

# Prints why this machine cannot have registries under other names. Prints nothing if it can.
why_no_providers() {
    if [ "$(id -u)" -ne 0 ]; then
        echo 'registries under the names of providers need root, for port 443 and /etc/hosts'
    elif ! python3 -c 'import socket, sys; socket.socket().bind((sys.argv[1], 443))' "$(services_some_address)" \
        2>/dev/null; then
        echo 'registries under the names of providers need port 443, and something has it on all addresses'
    elif ! [ -e "$(test_tools_directory)/complete" ]; then
        echo 'moto and the AWS command line are missing; script/setup --with-test-services installs them'
    fi
}

start_providers() {
    # Random, so that nothing else on this machine uses this account or these registries.
    local account=$((RANDOM % 900 + 100))$((RANDOM % 900 + 100))$((RANDOM % 900 + 100))$((RANDOM % 900 + 100))
    providers=$services_directory/providers
    mkdir "$providers"

    start_moto "$account"
    printf '%s\n' "$moto_endpoint" >"$providers/aws-endpoint"
    ln -s "$(test_tools_directory)/bin/aws" "$providers/aws"
    start_registry_as "$account.dkr.ecr.eu-central-1.amazonaws.com" protected AWS "$account-auth-token" \
        --moto "$moto_endpoint"
    services_note_provider ecr

    # Each test sets the passwords of these registries. All runs take the names that they did not invent in the same
    # order, which prevents a deadlock.
    start_registry_as europe-west3-docker.pkg.dev protected _dcgcloud_token '' --made-in repositories --depth 2
    services_note_provider gar
    start_artifact_registry "$registry_directory/repositories"
    printf '%s\n' "$artifact_registry_endpoint" >"$providers/gcloud-endpoint"
    start_registry_as "dctest$account.azurecr.io" protected 00000000-0000-0000-0000-000000000000 '' --exchange
    services_note_provider acr
    start_registry_as packages.buildkite.com protected buildkite '' --made-in repositories --depth 2
    services_note_provider buildkite
    start_registry_as "dctest$account.jfrog.io" protected ci '' --made-in repositories --depth 1
    services_note_provider artifactory
    start_registry_as "artifactory.dctest$account.example:8443" token ci "token $account" --made-in repositories \
        --depth 1
    printf 'token %s\n' "$account" >"$registry_directory/password"
    services_note_provider artifactory-token
}

services_note_provider() { ln -s "$registry_directory" "$providers/$1"; }

start_registry_as() {
    local name=$1 kind=$2 user=$3 password=$4 directory host=${1%:*} port=443 address
    shift 4
    case $name in *:*) port=${name##*:} ;; esac
    directory=$(mktemp -d "$services_directory/registry-XXXXXX")
    registry_directory=$directory
    address=$(services_some_address)
    services_make_authority
    services_make_certificate "$directory" server "subjectAltName=DNS:$host" \
        -CA "$services_directory/authority.pem" -CAkey "$services_directory/authority.key"
    services_take_name "$directory" "$name" "$address"
    {
        services_store "$directory"
        if [ $# -eq 0 ]; then
            printf 'http: {addr: "%s", tls: {certificate: %s, key: %s}}\n' \
                "$address:$port" "$directory/server.pem" "$directory/server.key"
        else
            services_listen
        fi
        case $kind in
            protected) services_require_password "$directory" "$user" "$password" ;;
            token) services_require_token "$directory" "$user" "$password" "https://$name/token" ;;
        esac
    } >"$directory/config.yml"
    services_listen_on_loopback docker-registry "$directory" docker-registry serve "$directory/config.yml"
    if [ $# -gt 0 ]; then services_start_front "$directory" "$address:$port" "$@"; fi
    if docker_answers; then services_wait_for_docker "$directory" "$name" "$user" "$password"; fi
}

# services_start_front DIRECTORY ADDRESS OPTION...
services_start_front() {
    local directory=$1 address=$2
    shift 2
    mkdir -p "$directory/front" "$directory/repositories"
    if [ -d "$directory/token-server" ]; then set -- "$@" --token-server "$(cat "$directory/token-server/address")"; fi
    services_listen_on_loopback 'the front of a registry' "$directory/front" \
        python3 "$(dirname "${BASH_SOURCE[0]}")/provider_registry.py" "$directory" "$address" "$@"
}

# The daemon looks up the same name again only after five seconds (Go's resolver).
services_wait_for_docker() {
    local directory=$1 name=$2 tries=0 configuration=$1/docker-configuration
    # Any answer from the registry is enough.
    until ! docker --config "$configuration" pull "$name/nothing" 2>&1 | grep -Eq 'no such host|certificate|refused'; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ]; then
            services_say "the Docker daemon does not find the registry $name"
            return 1
        fi
        sleep 0.1
    done
}

services_some_address() { echo "127.$((RANDOM % 254 + 1)).$((RANDOM % 256)).$((RANDOM % 254 + 1))"; }

# One authority for all of them, so that trusting one file is enough: authorities.pem, which includes the system's.
services_make_authority() {
    local system=/etc/ssl/certs/ca-certificates.crt
    if [ -e "$services_directory/authorities.pem" ]; then return 0; fi
    services_make_certificate "$services_directory" authority basicConstraints=critical,CA:TRUE
    if ! [ -e "$system" ]; then system=/dev/null; fi
    cat "$system" "$services_directory/authority.pem" >"$services_directory/authorities.pem"
}

# Amazon's interface. moto assigns this account to every access key that it does not know.
start_moto() {
    local directory=$services_directory/moto
    mkdir "$directory"
    services_listen_on_loopback moto "$directory" \
        env MOTO_ACCOUNT_ID="$1" "$(test_tools_directory)/bin/moto_server" -H 127.0.0.1 -p 0
    moto_endpoint=http://$(cat "$directory/address")
}

start_artifact_registry() {
    local directory=$services_directory/artifact-registry
    mkdir "$directory"
    services_listen_on_loopback 'the interface of Artifact Registry' "$directory" \
        python3 "$(dirname "${BASH_SOURCE[0]}")/artifact_registry.py" "$1"
    artifact_registry_endpoint=http://$(cat "$directory/address")/
}

services_stop_provider_tools() {
    services_stop_process "$services_directory/moto/pid"
    services_stop_process "$services_directory/artifact-registry/pid"
}

# Names.

# services_take_name DIRECTORY HOST[:PORT] ADDRESS
services_take_name() {
    local directory=$1 name=$2 address=$3 host=${2%:*} tries=0
    mkdir -p "$names_directory" "$docker_authorities"
    services_forget_stale_names
    # The lock is held by a process, which always ends with this script. A descriptor would be inherited by everything
    # that is started from here.
    services_spawn "$directory/lock-log" flock --no-fork "$names_directory/$name" \
        sh -c 'echo locked; exec sleep infinity'
    printf '%s\n' $! >"$directory/lock-pid"
    until grep -qs locked "$directory/lock-log"; do
        tries=$((tries + 1))
        if [ "$tries" -eq 20 ]; then services_say "another run of the tests is $name; waiting for it to end"; fi
        if [ "$tries" -gt 18000 ]; then
            services_say "another run of the tests is $name and does not end"
            return 1
        fi
        sleep 0.1
    done
    if grep -Eq "^[^#]*[[:space:]]${host//./\\.}([[:space:]]|\$)" /etc/hosts || [ -e "$docker_authorities/$name" ]; then
        services_say "this machine has settings of its own for $name, in /etc/hosts or $docker_authorities"
        return 1
    fi
    printf '%s\n' "$name" >"$directory/name"
    services_edit_hosts sed "\$a $address $host $names_mark $name"
    mkdir "$docker_authorities/$name"
    cp "$services_directory/authority.pem" "$docker_authorities/$name/ca.crt"
    # The daemon reads the hosts file at most once every five seconds, and does not know the name until then.
    tries=0
    while docker pull "$name/none" 2>&1 | grep -q 'no such host'; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ]; then
            services_say "the Docker daemon does not find $host, which is in /etc/hosts"
            return 1
        fi
        sleep 0.1
    done
}

services_give_up_name() {
    services_forget_name "$(cat "$1/name")"
    services_stop_process "$1/lock-pid"
}

services_forget_name() {
    rm -f "$docker_authorities/$1/ca.crt"
    rmdir "$docker_authorities/$1" "$docker_authorities" 2>/dev/null || true
    services_edit_hosts sed "/ $names_mark ${1//./\\.}\$/d"
}

services_forget_stale_names() {
    local name
    while read -r name; do
        (
            flock --nonblock 9 || exit 0
            services_say "removing the name $name, which an earlier run left behind"
            services_forget_name "$name"
        ) 9>"$names_directory/$name"
    done < <(sed -n "s/.* $names_mark \(.*\)\$/\1/p" /etc/hosts)
}

# services_edit_hosts FILTER...: replaces the file atomically, unless it is a mount, as in containers
services_edit_hosts() (
    flock 9
    edited=$(mktemp /etc/hosts.XXXXXX)
    trap 'rm -f "$edited"' EXIT
    "$@" </etc/hosts >"$edited"
    chmod --reference /etc/hosts "$edited"
    mv -f "$edited" /etc/hosts 2>/dev/null || cat "$edited" >/etc/hosts
) 9>"$names_directory/hosts"
