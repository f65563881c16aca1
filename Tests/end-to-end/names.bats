#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The additional names of an image, besides those used to find it: tags, local-tags and publish.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry
}

teardown() { end_to_end_teardown; }

# A buildkite-agent that keeps meta-data in files, and accepts the real agent's commands.
stub_agent() {
    meta_data=$BATS_TEST_TMPDIR/meta-data
    mkdir -p "$meta_data"
    cat >"$BATS_TEST_TMPDIR/watch/buildkite-agent" <<AGENT
#!/usr/bin/env bash
set -euo pipefail
case "\$1 \$2 \$#" in
    'meta-data set 3') cat >'$meta_data'/"\$3" ;;
    'meta-data set 4') printf '%s' "\$4" >'$meta_data'/"\$3" ;;
    'meta-data get 3') if [ -e '$meta_data'/"\$3" ]; then cat '$meta_data'/"\$3"; else exit 100; fi ;;
    *) echo "unexpected: \$*" >&2; exit 1 ;;
esac
AGENT
    chmod +x "$BATS_TEST_TMPDIR/watch/buildkite-agent"
}

# expect_same_image TAG...: in the registry, each tag names the last job's image
expect_same_image() {
    local tag
    for tag in "$@"; do expect "$(registry_digest "$image" "$tag")" "$digest" "the digest of $tag"; done
}

# bats test_tags=core
@test "tags are set after a build, on a registry hit and on a local hit, and nothing is pushed for them" {
    option TAGS_0 v1
    option TAGS_1 "build-7"
    run_job
    expect_outcome miss
    expect_same_image v1 build-7 latest
    expect "$(calls '^push ')" 1 pushes
    expect_text "$output" "Tags in $registry/$image: v1, build-7"
    option TAGS_1 build-8
    run_job
    expect_outcome local-hit
    expect_same_image v1 build-8
    another_agent
    option TAGS_1 build-9
    run_job
    expect_outcome registry-hit
    expect_same_image v1 build-7 build-8 build-9
    expect "$(calls '^push ')" 1 'pushes in the end'
    expect "$(image_names | grep -c -- "$image:v1" || true)" 0 'local names of tags'
}

@test "an image that the registry has lost is pushed again when its tags are wanted" {
    run_job
    expect_outcome miss
    local lost=$digest
    curl -fsS -X DELETE "http://$registry/v2/$image/manifests/$lost"
    option TAGS v1
    run_job
    expect_outcome local-hit
    expect_same_image v1 "cache-$key"
    expect "$(query "SELECT registry_digest FROM entries")" "$digest" 'the digest in the index'
    another_agent
    run_job
    expect_outcome registry-hit
}

@test "an image that may not be what its key stands for gets its tags, and no name of the cache" {
    # After the first lookup, the index knows that the base images add nothing.
    run_job
    expect_outcome miss
    local before=$digest
    option TAGS v1
    echo new >content.txt
    local before_builds
    before_builds=$(builds)
    touch "$BATS_TEST_TMPDIR/hold"
    agent_script "$BATS_TEST_TMPDIR/first" pre-command
    setsid "$BATS_TEST_TMPDIR/first/script" >"$BATS_TEST_TMPDIR/first/output" 2>"$BATS_TEST_TMPDIR/first/errors" 3>&- &
    local job=$!
    build_runs() { [ "$(builds)" -gt "$before_builds" ]; }
    wait_until build_runs
    echo changed >content.txt
    rm "$BATS_TEST_TMPDIR/hold"
    wait "$job"
    expect_text "$(cat "$BATS_TEST_TMPDIR/first/errors")" 'changed while the image was being built'
    expect "$(registry_tags | paste -sd ' ')" \
        "cache-$key latest v1" 'the tags there are'
    [ "$(registry_digest "$image" v1)" != "$before" ] || fail 'v1 is the earlier image'
    expect "$(image_names | grep -c -- ':v1$' || true)" 0 'local names of tags'
}

@test "a fork's build sets no tags and publishes nothing" {
    stub_agent
    option TAGS v1
    option PUBLISH true
    export BUILDKITE_PULL_REQUEST=12 BUILDKITE_REPO=git@github.com:acme/shop.git
    export BUILDKITE_PULL_REQUEST_REPO=https://github.com/mallory/shop.git
    run_job
    expect_isolated miss
    expect_text "$output" 'Skipped: tags, publish, because this is a build of a pull request from another repository'
    expect "$(ls "$meta_data")" '' meta-data
    expect "$(list_tags | wc -l)" 0 'tags in the registry'
}

@test "local-tags name the image of the last job, and gc keeps it" {
    option PROVIDER local
    no_option REGISTRY_URL
    no_option REGISTRY_INSECURE
    option LOCAL_TAGS latest
    option GC off
    use_own_clock
    run_job
    expect_outcome miss
    local first=$key
    expect "$(docker image inspect --format '{{.Id}}' "$image")" \
        "$(docker image inspect --format '{{.Id}}' "$image:$key")" 'the image under its plain name'
    echo other >content.txt
    run_job
    expect_outcome miss
    echo "content of $image" >content.txt
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    expect "$(docker image inspect --format '{{.Id}}' "$image")" \
        "$(docker image inspect --format '{{.Id}}' "$image:$first")" 'the image under its plain name after a hit'
    # 40 days later both have expired. The one with a tag stays.
    echo $((40 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    "$DOCKER_CACHE_BIN" gc --index "$index" --image "$image" >"$BATS_TEST_TMPDIR/gc" 2>&1
    expect "$(image_names | tr '\n' ' ')" "$image:$first $image:latest " "names after gc: $(cat "$BATS_TEST_TMPDIR/gc")"
    expect_text "$(cat "$BATS_TEST_TMPDIR/gc")" 'it has another tag'
}

@test "publish writes the reference by digest for later steps, and published prints it" {
    stub_agent
    option PUBLISH true
    run_job
    expect_outcome miss
    local name=${image##*/}
    expect "$(cat "$meta_data/docker-compose-plugin-built-image-tag-$name")" "$registry/$image@$digest" meta-data
    run -0 --separate-stderr "$DOCKER_CACHE_BIN" published "$name"
    # shellcheck disable=SC2154
    expect "$output" "$registry/$image@$digest" 'what published prints'
    docker pull --quiet "$output"
    docker image rm "$output" >/dev/null
    # Also on a hit, and under another name.
    option PUBLISH api
    run_job
    expect_outcome local-hit
    expect "$("$DOCKER_CACHE_BIN" published api)" "$registry/$image@$digest" 'what published prints after a hit'
    run -1 --separate-stderr "$DOCKER_CACHE_BIN" published web
    expect "$output" '' 'standard output'
    # shellcheck disable=SC2154
    expect_text "$stderr" 'no published image "web".*publish: web'
    run -64 --separate-stderr "$DOCKER_CACHE_BIN" published 'a b'
}

@test "without an agent nothing is published, and the step goes on unless it is to fail" {
    option PUBLISH true
    run_job
    expect_outcome miss
    expect_text "$errors" 'not published as .*no buildkite-agent on PATH'
    option ON_ERROR fail
    run_job
    expect_failure 1 'no buildkite-agent on PATH'
    # The lookup itself hit, and the step failed.
    expect "$(query 'SELECT outcome, failure, exit_status FROM events ORDER BY id')" \
        $'miss||0\nlocal-hit|failed|1' events
}

@test "a registry that does not answer costs a local hit its tags, and not the step" {
    run_job
    expect_outcome miss
    option TAGS v1
    option REGISTRY_URL "127.0.0.1:1/team"
    use_index "$index"
    run_job
    expect "$status" 0 status
    expect_text "$errors" 'warning: Skipped: tags|warning: .*not saved'
}
