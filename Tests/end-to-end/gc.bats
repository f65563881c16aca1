#!/usr/bin/env bats
# bats file_tags=kind-dependent
# shellcheck shell=bash disable=SC2154
#
# gc with a real daemon: what it removes, what it leaves alone, and what is left if it dies.

load helper

bats_require_minimum_version 1.5.0

setup() {
    end_to_end_setup
    option GC off
}

teardown() {
    if [ -n "${container:-}" ]; then docker container rm --force "$container" >/dev/null; fi
    umount "$BATS_TEST_TMPDIR/index" 2>/dev/null || true
    end_proxy
    end_to_end_teardown
}

# gc ARGUMENT…: runs gc for this test's image only.
gc() {
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" gc --index "$index" --image "$image" "$@"
}

# age DAYS KEY: makes the entry look as if it was built DAYS ago and used a day later.
age() {
    local then=$((($(date +%s) - $1 * 86400) * 1000))
    change_rows "UPDATE entries SET built_at = $then, last_used_at = $then + 86400000 WHERE key = '$2'"
}

# later: sets the plugin's clock two hours ahead from now on.
later() {
    use_own_clock
    echo 7200 >"$BATS_TEST_TMPDIR/clock"
    DOCKER_CACHE_TEST_BIN=$DOCKER_CACHE_BIN
}

entries() { query 'SELECT count(*) FROM entries'; }

has_image() { docker image inspect "$image:$1" >/dev/null 2>&1; }

# build_another: builds a second image, with a different key.
build_another() {
    echo "more of $RANDOM" >>content.txt
    run_job
    expect_outcome miss
}

# bats test_tags=core
@test "an expired image goes with its entry, and the dry run has said so" {
    run_job
    expect_outcome miss
    age 31 "$key"
    later
    gc --dry-run
    expect "$status" 0 status
    expect_text "$output" "Would remove:"
    expect_text "$output" "image $image:$key: it has reached its age"
    expect "$(entries)" 1 entries
    has_image "$key"
    gc
    expect "$status" 0 status
    expect_text "$output" "image $image:$key: it has reached its age"
    expect "$(entries)" 0 entries
    expect "$(image_names)" '' names
    gc
    expect "$output" "Nothing was removed." output
}

@test "on a full disk the images go all the same, and what the index holds when there is room" {
    mkdir -p "$BATS_TEST_TMPDIR/index"
    mount -t tmpfs -o size=4m tmpfs "$BATS_TEST_TMPDIR/index"
    run_job
    first=$key
    build_another
    age 31 "$first"
    age 31 "$key"
    change_rows "INSERT INTO entries (key, scope, image, provider, built_at, created_at, last_used_at)
        SELECT '${key:0:39}' || value, 's', '$image', 'local', 0, 0, 0 FROM json_each('[\"x\", \"y\", \"z\"]')"
    later
    cat /dev/zero >"$BATS_TEST_TMPDIR/index/full" || true
    gc
    expect "$status" 1 status
    expect_text "$output" "image $image:$first: it has reached its age"
    expect "$(image_names)" '' names
    expect "$(grep -c 'rows of the index: .*disk' <<<"$output")" 1 "lines in the report"
    expect "$(grep -c . <<<"$stderr")" 1 warnings
    rm "$BATS_TEST_TMPDIR/index/full"
    gc
    expect "$status" 0 status
    expect "$(entries)" 0 entries
}

@test "gc that is told to stop ends soon, with the status of a signal" {
    run_job
    age 31 "$key"
    later
    mkdir "$BATS_TEST_TMPDIR/slow"
    printf '%s\n' '#!/bin/sh' "case \$1\$2 in imagerm) touch '$BATS_TEST_TMPDIR/removing'; exec sleep 300 ;; esac" \
        "exec '$real_docker' \"\$@\"" >"$BATS_TEST_TMPDIR/slow/docker"
    chmod +x "$BATS_TEST_TMPDIR/slow/docker"
    PATH=$BATS_TEST_TMPDIR/slow:$PATH "$DOCKER_CACHE_TEST_BIN" gc --index "$index" --image "$image" \
        >"$BATS_TEST_TMPDIR/output" 2>&1 3>&- &
    local gc=$! status=0
    wait_until test -e "$BATS_TEST_TMPDIR/removing"
    # The shell of the clock has replaced itself with the binary.
    kill -INT "$gc"
    wait "$gc" || status=$?
    expect "$status" 130 status
    has_image "$key"
}

@test "what was used within the last hour stays" {
    run_job
    gc --keep 0
    expect "$status" 0 status
    expect_text "$output" "it was used within the last hour"
    has_image "$key"
    run_job
    expect_outcome local-hit
}

@test "the dry run prints what is then done, as JSON" {
    run_job
    age 31 "$key"
    later
    gc --dry-run --format json
    planned=$(jq -S '.removed' <<<"$output")
    gc --format json
    expect "$(jq -S '.removed' <<<"$output")" "$planned" removed
    expect "$(jq '.dry_run' <<<"$output")" false dry_run
}

@test "an image that a container uses stays, whether it runs or not" {
    run_job
    age 31 "$key"
    container=$(docker container create --network none "$image:$key" sleep 600)
    later
    gc
    expect "$status" 0 status
    expect_text "$output" "image $image:$key: a container uses it"
    has_image "$key"
    expect "$(entries)" 1 entries
    docker container start "$container" >/dev/null
    gc
    expect_text "$output" "image $image:$key: a container uses it"
    has_image "$key"
    docker container rm --force "$container" >/dev/null
    container=
    gc
    expect "$(image_names)" '' names
}

# bats test_tags=core
@test "an image with a name of others loses ours only" {
    run_job
    age 31 "$key"
    docker tag "$image:$key" "$image/theirs:mine"
    later
    gc
    expect "$status" 0 status
    expect_text "$output" "it stays as $image/theirs:mine"
    expect "$(image_names)" "$image/theirs:mine" names
}

@test "a tag that others gave an image in the repository that we push to stays" {
    use_registry
    run_job
    expect_outcome miss
    age 31 "$key"
    docker tag "$image:$key" "$registry/$image:v1.2"
    later
    gc
    expect "$status" 0 status
    expect_text "$output" "it stays as $registry/$image:v1.2"
    expect "$(image_names | grep -v '@')" "$registry/$image:v1.2" names
}

@test "an image that others built on one of ours stays" {
    run_job
    age 31 "$key"
    container=$(docker container create --network none "$image:$key" true)
    docker container commit "$container" "$image:0000000000000000000000000000000000000000" >/dev/null
    docker container rm "$container" >/dev/null
    container=
    later
    gc --keep 0
    expect "$status" 0 status
    expect "$(image_names)" "$image:0000000000000000000000000000000000000000" names
}

@test "keep and max-size leave those that were used last, and entries their age" {
    run_job
    first=$key
    build_another
    age 5 "$first"
    later
    gc --keep 1
    expect "$status" 0 status
    expect "$(has_image "$first" && echo there)" '' "the first image"
    has_image "$key"
    expect "$(entries)" 2 entries
    expect "$(query "SELECT local_image_id IS NULL FROM entries WHERE key = '$first'")" 1 promise
    gc --max-size 1B
    expect "$(image_names)" '' names
    expect "$(entries)" 2 entries
    run_job
    expect_outcome miss
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_KEY]}" "$key" key
}

@test "what is in the registry can be taken from there when the local image is gone" {
    use_registry
    run_job
    expect_outcome miss
    later
    gc --keep 0
    expect "$status" 0 status
    # The fallback tag was moved in the registry, and never existed in the daemon.
    expect "$(image_names)" '' names
    run_job
    expect_outcome registry-hit
}

# dying_docker STEP: a docker that kills gc before its STEP-th removal of a name, and does not remove it.
dying_docker() {
    mkdir -p "$BATS_TEST_TMPDIR/dying"
    : >"$BATS_TEST_TMPDIR/removals"
    cat >"$BATS_TEST_TMPDIR/dying/docker" <<DYING
#!/usr/bin/env bash
if [ "\$1 \$2" = 'image rm' ]; then
    echo >>'$BATS_TEST_TMPDIR/removals'
    if [ "\$(wc -l <'$BATS_TEST_TMPDIR/removals')" -ge $1 ]; then kill -KILL "\$PPID"; exit 1; fi
fi
exec '$real_docker' "\$@"
DYING
    chmod +x "$BATS_TEST_TMPDIR/dying/docker"
}

@test "a gc that dies promises nothing that is gone, and the next one does the rest" {
    use_registry
    run_job
    later
    for step in 1 2; do
        dying_docker "$step"
        PATH=$BATS_TEST_TMPDIR/dying:$PATH gc --keep 0
        [ "$status" -ne 0 ] || fail "gc outlived step $step"
        expect "$(query 'SELECT count(*) FROM entries WHERE local_image_id IS NOT NULL')" 0 promises
        expect "$(entries)" 1 entries
        run_job
        expect_outcome registry-hit
        age 5 "$key"
    done
    gc --keep 0
    expect "$status" 0 status
    expect "$(image_names)" '' names
}

@test "two gcs at once: one does the work" {
    run_job
    age 31 "$key"
    later
    "$DOCKER_CACHE_TEST_BIN" gc --index "$index" --image "$image" >"$BATS_TEST_TMPDIR/first" 2>&1 &
    first=$!
    gc
    expect "$status" 0 status
    wait "$first"
    expect "$(entries)" 0 entries
    expect "$(image_names)" '' names
}

@test "a gc that is at work is not disturbed" {
    run_job
    age 31 "$key"
    later
    exec 8>"$index.gc"
    flock 8
    gc
    exec 8>&-
    expect "$status" 0 status
    expect_text "$stderr" "Another gc is at work on this host."
    has_image "$key"
}

@test "an image that a lookup is getting stays" {
    run_job
    age 31 "$key"
    later
    option GC off
    touch "$BATS_TEST_TMPDIR/hold"
    # The lookup finds the entry expired, holds the key's lock, and builds.
    bash -c ". '$BATS_TEST_DIRNAME/../hooks/agent.bash'; run_hook pre-command" >"$BATS_TEST_TMPDIR/lookup" 2>&1 &
    lookup=$!
    until [ "$(builds)" -ge 2 ]; do sleep 0.1; done
    gc
    expect "$status" 0 status
    expect_text "$output" "a lookup is getting it"
    has_image "$key"
    expect "$(entries)" 1 entries
    rm "$BATS_TEST_TMPDIR/hold"
    wait "$lookup"
    run_job
    expect_outcome local-hit
}

@test "a promise that is taken back while a lookup looks is no hit" {
    run_job
    mkdir -p "$BATS_TEST_TMPDIR/racing"
    # The lookup finds the image. Then gc takes back the entry's promise before the lookup continues.
    cat >"$BATS_TEST_TMPDIR/racing/docker" <<RACING
#!/usr/bin/env bash
'$real_docker' "\$@"
status=\$?
if [ "\$1 \$2" = 'image inspect' ]; then
    '$BATS_TEST_DIRNAME/../../script/lib/index_rows.py' '$index' 'UPDATE entries SET local_image_id = NULL'
fi
exit "\$status"
RACING
    chmod +x "$BATS_TEST_TMPDIR/racing/docker"
    PATH=$BATS_TEST_TMPDIR/racing:$PATH run_job
    expect_outcome miss
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_KEY]}" "$key" key
    expect_text "$output$errors" "image-gone"
    expect "$(query 'SELECT hits FROM entries')" 0 hits
}

@test "a lookup runs gc at most once an hour, and says so in one line" {
    no_option GC
    run_job
    first=$key
    [ -e "$index.gc" ] || fail "gc did not run"
    age 31 "$first"
    build_another
    expect "$(entries)" 2 entries
    later
    run_job
    expect_outcome local-hit
    expect_text "$output" "gc: Removed 1 image"
    expect "$(has_image "$first" && echo there)" '' "the expired image"
}

@test "a lookup with limits keeps to them, and one with gc off removes nothing" {
    run_job
    first=$key
    age 31 "$first"
    build_another
    later
    run_job
    expect_outcome local-hit
    has_image "$first"
    no_option GC
    option GC_KEEP 0.5
    run_job
    expect_failure 64 'gc.keep is "0.5"'
    # As after a gc two hours ago.
    echo gc >"$index.gc"
    option GC_KEEP 1
    option GC_MAX_AGE_DAYS 365
    run_job
    expect_outcome local-hit
    expect "$(has_image "$first" && echo there)" '' "the image used longest ago"
    expect "$(entries)" 2 entries
}

@test "wrong limits are said at once" {
    run_job
    gc --max-size lots
    expect "$status" 64 status
    expect_text "$stderr" 'expected a size such as 500MB'
    gc --keep -1
    expect "$status" 64 status
    option GC sometimes
    run_job
    expect_failure 64 'Expected auto or off'
}

# registry_gc ARGUMENT…
registry_gc() {
    gc --registry --provider registry --registry-url "$registry" --registry-insecure "$@"
}

@test "cache images past their age go from the registry, and what the fallback tag shares stays" {
    use_registry
    run_job
    first=$key
    build_another
    later
    registry_gc --max-age-days 30
    expect "$status" 0 status
    expect "$output" 'Nothing was removed.' output
    registry_gc --max-age-days 0.01 --dry-run
    expect "$status" 0 status
    expect_text "$output" "cache image $registry/$image:cache-$first: it has reached its age"
    expect_text "$output" "cache image $registry/$image:cache-$key: the tag latest names the same image"
    expect "$(grep -c 'record .*: its image is gone' <<<"$output")" 1 'records that would go'
    expect "$(registry_tags | wc -l)" 3 tags
    registry_gc --max-age-days 0.01
    expect "$status" 0 status
    expect_text "$output" "cache image $registry/$image:cache-$first: it has reached its age"
    expect "$(registry_tags | paste -sd ' ')" "cache-$key latest" tags
    expect "$(registry_records | wc -l)" 1 records
    expect "$(entries)" 0 entries
}

@test "records whose image someone else deleted go from the registry, and others stay" {
    use_registry
    run_job
    first=$digest
    build_another
    put_manifest "$image" "other-record-$(printf '%040d' 0)" \
        "$(registry_manifest "$image" "cache-record-${digest:7:40}")"
    curl -fsS -X DELETE "http://$registry/v2/$image/manifests/$first"
    expect "$(registry_records | wc -l)" 3 records
    registry_gc
    expect "$status" 0 status
    expect_text "$output" "record $registry/$image:cache-record-${first:7:40}: its image is gone"
    expect "$(registry_records | paste -sd ' ')" \
        "cache-record-${digest:7:40} other-record-$(printf '%040d' 0)" records
}

@test "gc of a registry does not read the records of images that stay" {
    use_registry
    run_job
    expect_outcome miss
    build_another
    build_another
    use_proxy immutable_registry.py
    registry_gc --max-age-days 30
    expect "$status" 0 status
    expect "$output" 'Nothing was removed.' output
    expect "$(grep -c '"GET [^ ]*/manifests/cache-[0-9a-f]* ' "$BATS_TEST_TMPDIR/proxy-log")" 3 'images looked at'
    expect "$(grep -c '/manifests/cache-record-' "$BATS_TEST_TMPDIR/proxy-log" || true)" 0 'records looked at'
}

@test "cache images of every platform go from the registry" {
    use_registry
    run_job
    put_foreign_image 2020-01-01T00:00:00Z
    registry_gc --max-age-days 30
    expect "$status" 0 status
    expect_text "$output" "cache image $registry/$image:cache-$key: it has reached its age"
    expect "$(registry_tags | paste -sd ' ')" 'latest other' tags
}

@test "gc of a registry needs one" {
    run_job
    gc --registry --provider local
    expect "$status" 64 status
    expect_text "$stderr" 'it has no registry'
}
