#!/usr/bin/env bats
#
# What doctor finds, what it repairs, and that it changes nothing else.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load providers

setup() {
    end_to_end_setup
    # Not in a job, unless a test sets the variables.
    local name
    for name in $(compgen -e | grep '^BUILDKITE'); do unset "$name"; done
    export DOCKER_CACHE_INDEX=$index
    # A new directory, so that leftovers of other tests have no effect.
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$TMPDIR"
    services_caller='test'
}

teardown() {
    if [ -e "$BATS_TEST_TMPDIR/registry/pid" ]; then services_stop_process "$BATS_TEST_TMPDIR/registry/pid"; fi
    if [ -n "${silent:-}" ]; then
        exec {silent_input}>&-
        wait "$silent" || true
    fi
    end_to_end_teardown
}

# doctor ARGUMENT...: sets status, output (standard output) and errors
doctor() {
    status=0
    local out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
    PATH=${doctor_path:-$PATH} "$DOCKER_CACHE_BIN" doctor "$@" >"$out" 2>"$err" </dev/null || status=$?
    output=$(cat "$out")
    errors=$(cat "$err")
    printf '%s\n' "status $status" "$output" "$errors"
}

# at_registry [HOST:PORT]: the arguments for an image in that registry
at_registry() {
    registry=${1:-$DOCKER_CACHE_TEST_REGISTRY}
    arguments=(--image "$image" --provider registry --registry-url "$registry" --registry-insecure)
}

# found STATUS CHECK [PATTERN]: expects this result of a check in doctor's output
found() {
    local line
    line=$(grep -E "^$1 +$2  " <<<"$output") || fail "no line of $2 with '$1' in: $output"
    expect_text "$line" "${3:-.}"
}

# make_index: makes an index, as a lookup does
make_index() { "$DOCKER_CACHE_BIN" key --index "$index" >/dev/null; }

make_entry() {
    "$DOCKER_CACHE_BIN" run --image "$image" --provider local >/dev/null 2>&1
}

content() { sqlite3 -readonly "$index" .dump; }

tags_status() { curl -s -o /dev/null -w '%{http_code}' "http://$registry/v2/$image/tags/list"; }

@test "where all is well, nothing is wrong, and nothing is changed" {
    local before
    at_registry
    make_entry
    before=$(content)
    : >"$docker_calls"
    doctor "${arguments[@]}"
    expect "$status" 0 status
    expect "$(tail -n 1 <<<"$output")" 'Nothing is wrong.'
    expect "$(grep -Ec '^ok ' <<<"$output")" 19 "checks that are ok"
    found ok index 'schema [0-9]+, .* sound'
    found ok 'docker trust' 'insecure-registries'
    found ok write 'accepted, and taken back'
    expect "$errors" ''
    expect "$(content)" "$before" "the index"
    expect "$(tags_status)" 404 "the status of the repository"
    [ ! -e "$DOCKER_CONFIG/config.json" ] || fail "somebody was logged in"
    expect "$(calls '^(login|pull|push|build|tag) ')" 0 "calls of docker"
}

@test "without options it is the machine alone, and no index is made" {
    doctor
    expect "$status" 0 status
    found ok index 'none yet'
    [ ! -e "$index" ] || fail "an index was made"
    run ! grep -E '^[a-z]+ +(provider|registry|write)  ' <<<"$output"
}

@test "for machines there is JSON" {
    at_registry 127.0.0.1:1
    doctor "${arguments[@]}" --format json
    expect "$status" 1 status
    expect "$(jq -r .status <<<"$output")" problem
    expect "$(jq -r '.checks[] | select(.name == "registry").status' <<<"$output")" problem
    expect "$(jq -r '.checks[] | select(.name == "write").status' <<<"$output")" skipped
    expect "$(jq -r '.checks[] | select(.status == "ok").name' <<<"$output" | head -n 1)" 'docker client'
}

@test "no daemon" {
    export DOCKER_HOST=unix://$BATS_TEST_TMPDIR/no-such-socket
    doctor
    expect "$status" 1 status
    found ok 'docker client'
    found problem 'docker daemon' 'no-such-socket.*Start the daemon'
    found skipped builder
    found ok index
}

@test "no docker command" {
    mkdir ../path
    doctor_path=$BATS_TEST_TMPDIR/path
    doctor
    expect "$status" 1 status
    found problem 'docker client' 'PATH.*Install'
    found skipped 'docker daemon'
    found ok index
}

@test "a wrong password, which is shown nowhere" {
    at_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    export REGISTRY_SECRET=wrong-$RANDOM$RANDOM
    # The plugin expands it.
    # shellcheck disable=SC2016
    arguments+=(--registry-username "$DOCKER_CACHE_TEST_PROTECTED_USERNAME" --registry-password '$REGISTRY_SECRET')
    doctor "${arguments[@]}" --verbose
    expect "$status" 1 status
    found ok registry 'wants credentials'
    found problem read 'does not accept the credentials'
    found problem write 'does not accept the credentials'
    [[ $output$errors != *"$REGISTRY_SECRET"* ]] || fail "the secret was shown"
    [ ! -e "$DOCKER_CONFIG/config.json" ] || fail "somebody was logged in"

    REGISTRY_SECRET=$DOCKER_CACHE_TEST_PROTECTED_PASSWORD
    doctor "${arguments[@]}" --verbose
    expect "$status" 0 status
    found ok write
    [[ $output$errors != *"$REGISTRY_SECRET"* ]] || fail "the secret was shown"
    [[ $output$errors != *"$(printf '%s:%s' "$DOCKER_CACHE_TEST_PROTECTED_USERNAME" "$REGISTRY_SECRET" | base64)"* ]]
}

@test "a registry that is down is one problem" {
    # Nothing listens on port 1.
    at_registry 127.0.0.1:1
    doctor "${arguments[@]}"
    expect "$status" 1 status
    found problem registry '127\.0\.0\.1:1 could not be reached.*Check'
    found skipped clock
    found skipped read
    found skipped write
    expect "$(tail -n 1 <<<"$output")" '1 problem.'
}

@test "a registry that never answers is not waited for" {
    mkfifo "$BATS_TEST_TMPDIR/input"
    python3 -c 'import socket, sys
server = socket.create_server(("127.0.0.1", 0), backlog=64)
print(server.getsockname()[1], flush=True)
sys.stdin.read()' <"$BATS_TEST_TMPDIR/input" >"$BATS_TEST_TMPDIR/port" 3>&- &
    silent=$!
    exec {silent_input}>"$BATS_TEST_TMPDIR/input"
    wait_until test -s "$BATS_TEST_TMPDIR/port"
    at_registry "127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")"
    doctor "${arguments[@]}"
    expect "$status" 1 status
    found problem registry 'could not be reached'
}

@test "a registry that takes no pushes" {
    local directory=$BATS_TEST_TMPDIR/registry
    mkdir "$directory"
    {
        services_store "$directory"
        echo '  maintenance: {readonly: {enabled: true}}'
        services_listen
    } >"$directory/config.yml"
    services_listen_on_loopback docker-registry "$directory" docker-registry serve "$directory/config.yml" 3>&-
    at_registry "$(cat "$directory/address")"
    doctor "${arguments[@]}"
    expect "$status" 1 status
    found ok read
    found problem write 'takes no pushes.*read-only: true'
    # If nothing is to be saved, this is not a problem.
    doctor "${arguments[@]}" --read-only true
    expect "$status" 0 status
    found skipped write 'read-only is on'
}

@test "a registry that speaks plain http, which docker was not told" {
    # A daemon that lists no insecure registries. The test daemon lists all registries of this machine.
    cat >"$BATS_TEST_TMPDIR/watch/docker" <<WATCH
#!/usr/bin/env bash
case "\$*" in
    *RegistryConfig*) echo '{"InsecureRegistryCIDRs": [], "IndexConfigs": {}}' ;;
    *) exec '$real_docker' "\$@" ;;
esac
WATCH
    at_registry
    doctor "${arguments[@]}"
    expect "$status" 1 status
    found problem 'docker trust' 'plain http.*Add .* to insecure-registries'
    found ok write
}

@test "a registry whose clock says something else" {
    at_registry
    use_own_clock
    echo 900 >"$BATS_TEST_TMPDIR/clock"
    doctor "${arguments[@]}"
    expect "$status" 0 status
    found warning clock '(14 min 5|15 min ).* ahead of the registry.*NTP'
}

@test "a provider for which nothing is there to log in with" {
    # Nothing listens on port 1 of any machine.
    export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:1
    mkdir ../path
    ln -s "$real_docker" ../path/docker
    doctor_path=$BATS_TEST_TMPDIR/path
    doctor --image "$image" --provider acr --acr-registry-name acmeimages
    expect "$status" 1 status
    found problem login 'No way was found .*metadata server of Azure.*no command az on PATH.*install'
}

@test "a damaged index stays as it is, until it is to be repaired" {
    make_entry
    sqlite3 "$index" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
    local page before
    page=$(sqlite3 "$index" "SELECT rootpage FROM sqlite_schema WHERE name = 'entries'")
    dd if=/dev/zero of="$index" bs=8192 seek=$((page - 1)) count=1 conv=notrunc status=none
    before=$(sha256sum <"$index")
    doctor
    expect "$status" 1 status
    found problem index 'is damaged.*--fix'
    expect_text "$(tail -n 1 <<<"$output")" '1 problem.*doctor --fix. repairs (it|1 of them)\.'
    expect "$(sha256sum <"$index")" "$before" "the index"

    doctor --fix
    expect "$status" 0 status
    found ok index 'sound.*Repaired.*moved to'
    expect "$(sha256sum <"$(echo "$index".corrupt-*Z)")" "$before" "the index that was moved aside"
    doctor
    expect "$status" 0 status
    expect "$(tail -n 1 <<<"$output")" 'Nothing is wrong.'
}

@test "an index that cannot even be opened is repaired too" {
    make_index
    head -c 100000 /dev/urandom >"$index"
    doctor
    expect "$status" 1 status
    found problem index 'is damaged'
    doctor --fix
    expect "$status" 0 status
    expect "$(sqlite3 -readonly "$index" 'PRAGMA quick_check')" ok
}

@test "what is not an index is not touched" {
    mkdir -p "$(dirname "$index")"
    echo 'FROM scratch' >"$index"
    chmod 644 "$index"
    doctor --fix
    expect "$status" 1 status
    found skipped 'index permissions' 'the file is not an index'
    expect "$(stat -c %a "$index")" 644 "the permissions"
    found problem index 'not an index of docker-cache'
    expect "$(cat "$index")" 'FROM scratch'
}

@test "permissions that are too wide are narrowed, and those of other people's directories are not" {
    make_index
    chmod 755 "$(dirname "$index")"
    chmod 666 "$index"
    doctor
    expect "$status" 1 status
    found problem 'index permissions' '0666'
    expect "$(stat -c %a "$index")" 666
    doctor --fix
    expect "$status" 0 status
    found ok 'index permissions' 'Repaired'
    expect "$(stat -c %a "$index" "$(dirname "$index")" | tr '\n' ' ')" '600 700 '

    : >"$(dirname "$index")/somebody-elses"
    chmod 755 "$(dirname "$index")"
    doctor --fix
    expect "$status" 0 status
    expect "$(stat -c %a "$(dirname "$index")")" 755
}

@test "what killed builds left behind is removed when it is a day old" {
    local a=0123456789abcdef0123456789abcdef b=fedcba9876543210fedcba9876543210
    local old=$TMPDIR/docker-cache-context.$a young=$TMPDIR/docker-cache-context.$b
    mkdir "$old" "$young"
    ln -s "$PWD" "$old/$a"
    ln -s "$PWD" "$young/$b"
    mkdir -p "$(dirname "$index")/locks"
    : >"$(dirname "$index")/locks/0123.lock"
    touch -d '2 days ago' "$old" "$(dirname "$index")/locks/0123.lock"
    doctor
    expect "$status" 0 status
    found warning leftovers 'lock: 1, temporary directory: 1'
    doctor --fix
    found ok leftovers 'removed 2 of 2'
    [ ! -e "$old" ] || fail "$old is still there"
    [ -e "$young/$b" ] || fail "$young is gone"
    expect "$(ls "$(dirname "$index")/locks")" ''
    [ -e Dockerfile ] || fail "what the link led to is gone"
}

@test "in a job it is the plugin's options that are looked at" {
    option IMAGE "$image"
    use_registry
    doctor
    expect "$status" 0 status
    found ok configuration "$image"
    found ok write
    option IMGE x
    doctor
    expect "$status" 1 status
    found problem configuration 'no option imge. Did you mean image'
    found ok 'docker daemon'
}

@test "in a step's command, which has no option in a variable, it is the step's list of plugins" {
    no_option IMAGE
    no_option PROVIDER
    no_option INDEX
    unset DOCKER_CACHE_INDEX
    BUILDKITE_PLUGINS=$(jq -n --arg image "$image" --arg url "$DOCKER_CACHE_TEST_REGISTRY" --arg index "$index" \
        '[{"github.com/acme/docker-cache-buildkite-plugin#v9.9.9":
            {$image, $index, provider: "registry", registry: {$url, insecure: true}}}]')
    export BUILDKITE_PLUGINS
    doctor
    expect "$status" 0 status
    found warning plugin 'asks for v9\.9\.9'
    found ok index "$index"
    found ok write "$DOCKER_CACHE_TEST_REGISTRY/$image"
}

@test "whether the binary is the released one, fetched by the hooks or installed by script/install" {
    local version sum cache=$BATS_TEST_TMPDIR/cache/docker-cache/bin prefix=$BATS_TEST_TMPDIR/prefix
    local directory other=0000000000000000000000000000000000000000000000000000000000000000
    version=$("$DOCKER_CACHE_TEST_BIN" --version)
    sum=$(sha256sum <"$DOCKER_CACHE_TEST_BIN" | cut -d' ' -f1)
    mkdir -p "$cache/$version/$sum" "$cache/$version/$other" "$prefix/bin" "$prefix/share/docker-cache"
    for directory in "$cache/$version/$sum" "$cache/$version/$other" "$prefix/bin"; do
        cp "$DOCKER_CACHE_TEST_BIN" "$directory/docker-cache"
    done
    DOCKER_CACHE_BIN=$cache/$version/$sum/docker-cache
    doctor
    found ok plugin "downloaded by the plugin's hooks; it is the released binary $version"
    DOCKER_CACHE_BIN=$cache/$version/$other/docker-cache
    doctor
    expect "$status" 1 status
    found problem plugin "is not what was released as $version: .*$sum.*Remove $cache/$version/$other"
    DOCKER_CACHE_BIN=$prefix/bin/docker-cache
    doctor
    found ok plugin "named by DOCKER_CACHE_BIN; its checksum is $sum"
    printf 'version %s\nurl https://example.com\nlinux-%s %s %s\n' "$version" "$(uname -m)" "$other" "$sum" \
        >"$prefix/share/docker-cache/release"
    doctor
    found ok plugin "named by DOCKER_CACHE_BIN; it is the released binary $version"
    sed -i "s/$sum/$other/" "$prefix/share/docker-cache/release"
    doctor
    found warning plugin "is not the released binary $version that script/install has put there.*$sum"
}

@test "wrong usage is status 64, and nothing is looked at" {
    doctor --image "$image" --provider registry
    expect "$status" 64 status
    expect_text "$errors" 'registry-url'
    expect "$output" ''
    doctor --image "$image" --provider nowhere
    expect "$status" 64 status
}
