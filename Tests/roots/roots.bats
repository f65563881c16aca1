#!/usr/bin/env bats
#
# The release binary without anything of this machine: no glibc or a different one, no /etc, no home.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load roots

setup() {
    roots_setup
    cp "$DOCKER_CACHE_TEST_RELEASE" "$root/bin/docker-cache"
    start_name_server
    cp "$DOCKER_CACHE_TEST_TLS_AUTHORITY" "$root/etc/ssl/certs/ca-certificates.crt"
    registry_name=localhost:${DOCKER_CACHE_TEST_TLS_REGISTRY##*:}
}

teardown() { roots_teardown; }

# in_root ARGUMENT...: runs the binary in the root, in the checkout
in_root() {
    run_in_root /bin/busybox sh -c 'cd /shared/checkout && exec docker-cache "$@"' - "$@"
}

# The tests for each root.
expect_everything_works() {
    local index=/shared/index.db check
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
    for check in plugin 'docker daemon' registry; do expect_text "$output" "^ok +$check  "; done
    expect "$status" 0 'status of doctor'
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
    # Without a resolv.conf the C library asks a server on this machine.
    if start_name_server 127.0.0.1; then
        expect_everything_works
        expect_questions
    else
        echo '# port 53 of 127.0.0.1 is taken, so nothing is looked up by name' >&3
        registry_name=127.0.0.1:${registry_name##*:}
        expect_everything_works
    fi
}

@test "no HOME" {
    variables=("${variables[@]/HOME=*/NO_HOME=}")
    expect_everything_works
}

@test "a root that can only be read, and a TMPDIR" {
    arguments=(--read-only)
    mkdir "$shared/temporary"
    variables=("${variables[@]/HOME=*/NO_HOME=}")
    # Nothing but TMPDIR can be written.
    in_root run --image "$image" --provider local --index /shared/other.db
    expect_text "$stderr" 'error: .*Read-only file system'
    variables+=(TMPDIR=/shared/temporary)
    expect_everything_works
    expect "$(ls -A "$shared/temporary")" '' 'what is left in TMPDIR'
}
