#!/usr/bin/env bats
#
# Failures around a lookup: the build continues wherever possible, and reports the failure.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }

teardown() {
    end_to_end_teardown
    if mountpoint --quiet "$BATS_TEST_TMPDIR/index"; then umount "$BATS_TEST_TMPDIR/index"; fi
    if [ -n "${public:-}" ]; then rm -rf "$public"; fi
}

@test "a build that fails: its status is ours, nothing is saved, and the event says so" {
    use_registry
    echo 'RUN exit 3' >>Dockerfile
    run_job
    [ "$(cat "$build_status")" -ne 0 ]
    expect_failure "$(cat "$build_status")" 'build'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    expect "$(query 'SELECT outcome, failure, exit_status FROM events')" "miss|build-failed|$status"
    expect_text "$("$DOCKER_CACHE_BIN" stats --index "$index" --format json)" '"failures" *: *1\b'
    run ! grep -E '^push' "$docker_calls"

    run_job
    expect_failure "$(cat "$build_status")" 'build'
    expect "$(builds)" 2 builds
}

@test "no daemon: status 1, and what to try" {
    export DOCKER_HOST=unix://$BATS_TEST_TMPDIR/no-such-socket
    run_job
    expect_failure 1 'daemon'
    expect_text "$errors" 'no-such-socket'
}

@test "no docker command: status 1, and what to try" {
    local tool
    mkdir ../path
    for tool in bash cat dirname env mktemp rm; do ln -s "$(command -v "$tool")" ../path/; done
    agent_prologue="PATH='$BATS_TEST_TMPDIR/path'"
    run_job
    expect "$status" 1
    expect_text "$errors" 'docker.*PATH|PATH.*docker'
    expect "$(query 'SELECT outcome, failure, exit_status FROM events')" 'miss|docker-missing|1' event
}

@test "the registry is down: builds, warns, and the agent has it next time" {
    # Nothing listens on port 1.
    use_registry 127.0.0.1:1
    run_job
    expect_outcome miss
    expect_text "$errors" '127\.0\.0\.1:1'
    expect "$(query 'SELECT reason FROM events')" registry-unreachable
    run_job
    expect_outcome local-hit
    expect "$(builds)" 1 builds
}

@test "a registry that never answers is not waited for by docker either" {
    mkfifo "$BATS_TEST_TMPDIR/input"
    python3 -c 'import socket, sys
server = socket.create_server(("127.0.0.1", 0), backlog=64)
print(server.getsockname()[1], flush=True)
sys.stdin.read()' <"$BATS_TEST_TMPDIR/input" >"$BATS_TEST_TMPDIR/port" 3>&- &
    local silent=$! input
    exec {input}>"$BATS_TEST_TMPDIR/input"
    wait_until test -s "$BATS_TEST_TMPDIR/port"
    use_registry "127.0.0.1:$(cat "$BATS_TEST_TMPDIR/port")"
    run_job
    exec {input}>&-
    wait "$silent"
    expect_outcome miss
    expect "$(query 'SELECT reason FROM events')" registry-unreachable
    expect_text "$errors" 'still does not answer'
    expect "$(grep -Ec '^(push|pull|login) ' "$docker_calls" || true)" 0 "calls of docker that would wait"
}

@test "a wrong password: builds, and warns" {
    use_registry "$DOCKER_CACHE_TEST_PROTECTED_REGISTRY"
    option REGISTRY_USERNAME "$DOCKER_CACHE_TEST_PROTECTED_USERNAME"
    # The plugin expands it.
    # shellcheck disable=SC2016
    option REGISTRY_PASSWORD '$REGISTRY_SECRET'
    export REGISTRY_SECRET=wrong
    run_job
    expect_outcome miss
    expect_text "$errors" 'log ?in|credential|password|unauthorized'
}

@test "an image of that name that no one promised is not taken for a hit" {
    run_job
    expect_outcome miss
    # Tagged, so that the image stays in the daemon under another name.
    docker tag "$image:$key" "$image:kept"
    docker tag docker-cache-test/busybox "$image:$key"
    run_job
    expect_outcome local-hit "$(own_tag)"
    expect "$(builds)" 1 builds
    docker image rm --force "$image:kept" "$image:$(own_tag)" >/dev/null
    run_job
    expect_outcome miss
    expect "$(builds)" 2 builds
    expect "$(query 'SELECT reason FROM events ORDER BY id DESC LIMIT 1')" image-gone
}

@test "a corrupt index is moved aside with a warning, and the next one works" {
    mkdir -p "$(dirname "$index")"
    head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/garbage"
    cp "$BATS_TEST_TMPDIR/garbage" "$index"
    : >"$index.lock"
    run_job
    expect_outcome miss
    expect_text "$errors" 'moved'
    expect "$(query 'SELECT count(*) FROM entries')" 1 entries
    cmp "$BATS_TEST_TMPDIR/garbage" "$index".corrupt-*
    run_job
    expect_outcome local-hit
    expect "$errors" ''
}

@test "a file that never was an index stays as it is, and the run goes without" {
    mkdir -p "$(dirname "$index")"
    echo 'FROM scratch' >"$index"
    run_job
    expect_outcome miss
    expect_text "$errors" 'it is not an index of docker-cache'
    expect "$(cat "$index")" 'FROM scratch'
    [ ! -e "$index.lock" ]
}

@test "a damaged entry is dropped with a warning, and the image built again" {
    run_job
    expect_outcome miss
    sqlite3 "$index" "UPDATE entries SET built_at = built_at + 1"
    run_job
    expect_outcome miss
    expect_text "$errors" 'held damaged data \(1 row of entries\)'
    run_job
    expect_outcome local-hit
    expect "$errors" ''
}

# expect_reading REASON: lookups and reading commands use the index, with one warning each.
expect_reading() {
    local command warning="can only be read: $1"
    run_job
    expect_outcome local-hit
    expect_text "$errors" "$warning"
    expect "$(wc -l <<<"$errors")" 1 "lines of warnings"
    expect "$(builds)" 1 builds
    for command in list stats 'gc --dry-run' "inspect $key"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$DOCKER_CACHE_BIN" $command --index "$index"
        expect "$status" 0 "status of $command"
        expect_text "$stderr" "$warning"
        expect_text "$output" '.'
    done
    run --separate-stderr "$DOCKER_CACHE_BIN" forget "$key" --index "$index"
    expect "$status" 1 "status of forget"
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect_text "$output" "$warning"
}

@test "an index on a read-only file system is used for what it knows" {
    run_job
    expect_outcome miss
    mount --bind "$BATS_TEST_TMPDIR/index" "$BATS_TEST_TMPDIR/index"
    mount -o remount,ro,bind "$BATS_TEST_TMPDIR/index"
    expect_reading 'its file system is read-only'
    # An image that is not in the index is built, without a second warning.
    echo 'RUN true' >>Dockerfile
    run_job
    expect_outcome miss
    umount "$BATS_TEST_TMPDIR/index"
    expect "$(query 'SELECT count(*) FROM events')" 1 events
}

# bats test_tags=extended
@test "an index on a full disk is used for what it knows" {
    mkdir -p "$BATS_TEST_TMPDIR/index"
    mount -t tmpfs -o size=4m tmpfs "$BATS_TEST_TMPDIR/index"
    run_job
    expect_outcome miss
    cat /dev/zero >"$BATS_TEST_TMPDIR/index/full" || true
    expect_reading 'the disk is full'
    rm "$BATS_TEST_TMPDIR/index/full"
    run_job
    expect_outcome local-hit
    expect "$errors" ''
}

# bats test_tags=extended
@test "no index can be begun on a full disk: goes on without, and warns" {
    mkdir -p "$BATS_TEST_TMPDIR/index"
    mount -t tmpfs -o size=64k tmpfs "$BATS_TEST_TMPDIR/index"
    head -c 60k /dev/zero >"$BATS_TEST_TMPDIR/index/full"
    run_job
    expect_outcome miss
    expect_text "$errors" 'index'
}

# bats test_tags=extended
@test "an index that once had mode 0400: which file is in the way, and doctor repairs it" {
    public=$(mktemp -d /tmp/dc-public.XXXXXX)
    local -a as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$public/docker-cache")
    local place=$public/index
    chmod 0755 "$public"
    cp "$DOCKER_CACHE_BIN" "$public/docker-cache"
    export HOME=$public TMPDIR=/tmp
    run_job
    expect_outcome miss
    mkdir "$place"
    # A killed process has left the shared memory, with the former mode of the index.
    sqlite3 "$index" 'SELECT count(*) FROM entries' ".shell cp $index $index-wal $index-shm $place/" >/dev/null
    chown -R 65534:65534 "$place"
    chmod 0700 "$place"
    chmod 0600 "$place"/*
    chmod 0400 "$place/index.db-shm"
    run --separate-stderr "${as_nobody[@]}" list --index "$place/index.db"
    expect "$status" 0
    expect_text "$output" "${key:0:8}"
    expect_text "$stderr" "can only be read: .*index.db-shm has the mode 0400"
    run "${as_nobody[@]}" doctor --fix --index "$place/index.db"
    expect_text "$output" "Repaired: .*index.db-shm got the right permissions"
    run --separate-stderr "${as_nobody[@]}" list --index "$place/index.db"
    expect "$stderr" ''
}

# bats test_tags=extended
@test "a link to nothing as the index's path becomes an index" {
    mkdir -p "$(dirname "$index")"
    ln -s "$BATS_TEST_TMPDIR/elsewhere/index.db" "$index"
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect_text "$output" 'there is none yet'
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
    expect "$errors" ''
    [ -f "$BATS_TEST_TMPDIR/elsewhere/index.db" ]
}

@test "a full TMPDIR is no reason to fail, neither for a build nor for a hit" {
    export TMPDIR=$BATS_TEST_TMPDIR/full
    mkdir "$TMPDIR"
    mount -t tmpfs -o size=16k tmpfs "$TMPDIR"
    head -c 1M /dev/zero >"$TMPDIR/filling" 2>/dev/null || true
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
    umount "$TMPDIR"
}

# bats test_tags=extended
@test "an index in /dev/null: goes on without, and makes nothing beside it" {
    option INDEX /dev/null
    run_job
    expect_outcome miss
    expect_text "$errors" 'warning: .*/dev/null'
    [ ! -e /dev/locks ] || fail '/dev/locks is there'
}

@test "a directory of locks that cannot be written: builds, and says what to do" {
    run_job
    expect_outcome miss
    echo changed >content.txt
    rm -rf "$(dirname "$index")/locks"
    : >"$(dirname "$index")/locks"
    run_job
    expect_outcome miss
    expect_text "$errors" 'locks cannot be locked: Not a directory\. Continuing without a lock'
}

# bats test_tags=extended
@test "an index of a newer version is left alone: goes on without, and warns" {
    local before
    run_job
    expect_outcome miss
    sqlite3 "$index" "INSERT INTO migrations (number, name, checksum, applied_at) VALUES (9999, 'future', x'00', 0);
        PRAGMA user_version = 9999; PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
    before=$(sqlite3 -readonly "$index" .dump)
    run_job
    expect_outcome miss
    expect_text "$errors" 'newer'
    expect "$(sqlite3 -readonly "$index" .dump)" "$before" "the index"
}

# bats test_tags=extended
@test "no home: goes on without an index, and warns" {
    no_option INDEX
    HOME='' run_job
    expect_outcome miss
    expect_text "$errors" 'index'
}

# unprivileged: runs the command and the builder as root, but without root's right to read everything.
unprivileged() {
    cat >../unprivileged <<SH
#!/bin/sh
exec setpriv --bounding-set=-dac_override,-dac_read_search "$DOCKER_CACHE_TEST_BIN" "\$@"
SH
    chmod +x ../unprivileged
    export DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/unprivileged
}

# expect_built_without_key FILE: expects an image for this step that no other step can get.
expect_built_without_key() {
    expect "$status" 0 status
    expect_text "$errors" "$1.* The image is built without a key, used for this step and not saved\\."
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" bypassed OUTCOME
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_HIT]:-}" false HIT
    expect "$key" '' KEY
    expect "$(query 'SELECT reason FROM events ORDER BY id DESC LIMIT 1')" inputs-unreadable reason
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    run ! grep -E '^push' "$docker_calls"
    key=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_TAG]}
}

# bats test_tags=kind-dependent
@test "a file of the context that cannot be read: the builder decides, and nothing is saved" {
    local plain=0 buildkit=1
    [ "$kind" != 20.10-legacy ] || buildkit=0
    use_registry
    chmod 000 content.txt
    DOCKER_BUILDKIT=$buildkit setpriv --bounding-set=-dac_override,-dac_read_search \
        "$real_docker" build --quiet . >/dev/null 2>&1 || plain=$?
    unprivileged
    run_job
    if [ "$plain" -eq 0 ]; then
        expect_built_without_key 'content\.txt belongs to the context but cannot be read: Permission denied'
        expect "$(file_in_image content.txt)" '' 'the file, as the builder leaves it'
    else
        expect_failure "$plain" 'content\.txt belongs to the context but cannot be read'
    fi
    chmod 644 content.txt
    run_job
    expect_outcome miss
}

# bats test_tags=kind-dependent,core
@test "a context that changes all the time: the builder takes what it finds, and nothing is saved" {
    only_with_buildkit
    use_registry
    # Files appear and disappear in the directory that is copied.
    printf 'FROM docker-cache-test/busybox\nCOPY . /\n' >Dockerfile
    while [ -e "$BATS_TEST_TMPDIR/checkout" ]; do
        for name in 1 2 3 4 5 6 7 8 9; do : >"new-$name"; done
        rm -f new-*
    done 3>&- 2>/dev/null &
    writer=$!
    run_job
    kill "$writer"
    # A quick read may still be consistent. In that case the change is noticed during the build.
    expect "$status" 0 status
    expect_text "$errors" 'not saved|may hold either state'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    run ! grep -E '^push' "$docker_calls"
}

@test "a buildx that is executable and does not work: the log and doctor say which file it is" {
    only_with_buildx
    rm "$DOCKER_CONFIG/cli-plugins"
    mkdir "$DOCKER_CONFIG/cli-plugins"
    printf '\177ELF of another machine' >"$DOCKER_CONFIG/cli-plugins/docker-buildx"
    chmod +x "$DOCKER_CONFIG/cli-plugins/docker-buildx"
    run_job
    expect_outcome miss
    expect_text "$errors" 'warning: The buildx plugin does not work'
    expect_text "$errors" "$DOCKER_CONFIG/cli-plugins/docker-buildx is executable"
    expect_text "$errors" 'not saved.* Install the docker-buildx plugin once more'
    run "$DOCKER_CACHE_BIN" doctor --index "$index"
    expect "$status" 1
    expect_text "$output" "the buildx plugin does not work: $DOCKER_CONFIG/cli-plugins/docker-buildx"

    # Without the file, the legacy builder is the expected one.
    rm "$DOCKER_CONFIG/cli-plugins/docker-buildx"
    if ! docker buildx version >/dev/null 2>&1; then
        run_job
        run_job
        expect_outcome local-hit
    fi
}
