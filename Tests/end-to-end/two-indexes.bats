#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Two indexes with one daemon, as for two users: each knows the images that it has built or pulled itself.
#
# shellcheck disable=SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    option GC off
    one=$index
    other=$BATS_TEST_TMPDIR/other/index.db
}

teardown() { end_to_end_teardown; }

# look_up INDEX OUTCOME [TAG]
look_up() {
    use_index "$1"
    run_job
    expect_outcome "$2" "${3:-}"
}

# own_tag_of INDEX
own_tag_of() { index=$1 own_tag; }

tags() { docker image ls --format '{{.Tag}}' "$image" | sort; }

# bats test_tags=core
@test "each builds once, and from then on has hits with the right image" {
    look_up "$one" miss
    look_up "$other" miss
    for _ in 1 2 3 4 5 6; do
        # The newest image has the key's name. The older one has its own name.
        look_up "$one" local-hit "$(own_tag_of "$one")"
        look_up "$other" local-hit
    done
    expect "$(builds)" 2 builds
    expect "$(tags)" "$(printf '%s\n' "$key" "$(own_tag_of "$one")" | sort)" tags
}

@test "an image that is built again takes the name, and takes it from no step that runs another" {
    look_up "$one" miss
    look_up "$other" miss
    look_up "$one" local-hit "$(own_tag_of "$one")"
    local before newer
    before=$(index=$other query 'SELECT local_image_id FROM entries')
    option MAX_AGE_DAYS 0
    look_up "$one" expired
    no_option MAX_AGE_DAYS
    look_up "$other" local-hit "$(own_tag_of "$other")"
    expect "$(docker image inspect --format '{{.Id}}' "$image:$(own_tag_of "$other")")" "$before" image
    newer=$(docker image inspect --format '{{.Id}}' "$image:$key")
    look_up "$one" local-hit
    expect "$(docker image inspect --format '{{.Id}}' "$image:$key")" "$newer" image
}

@test "gc and forget of one remove its own image, and leave that of the other" {
    look_up "$one" miss
    look_up "$other" miss
    look_up "$one" local-hit "$(own_tag_of "$one")"
    use_index "$one"
    change_rows 'UPDATE entries SET built_at = built_at - 31 * 86400000, last_used_at = last_used_at - 31 * 86400000'
    use_own_clock
    echo 7200 >"$BATS_TEST_TMPDIR/clock"
    local own
    own=$(own_tag_of "$one")
    run "$BATS_TEST_TMPDIR/clocked" gc --index "$one" --image "$image"
    expect "$status" 0 status
    expect_text "$output" "image $image:$own: it has reached its age"
    expect "$(tags)" "$key" tags
    look_up "$other" local-hit

    DOCKER_CACHE_BIN=$DOCKER_CACHE_TEST_BIN
    look_up "$one" miss
    look_up "$other" local-hit "$(own_tag_of "$other")"
    run "$BATS_TEST_TMPDIR/clocked" forget --index "$one" --images "$key"
    expect "$status" 0 status
    expect "$(tags)" "$(own_tag_of "$other")" tags
    look_up "$other" local-hit "$(own_tag_of "$other")"
}

@test "a name that a build was killed with is removed by gc, with its image" {
    # If a build ends after its lookup was killed, its image keeps a temporary name.
    look_up "$one" miss
    docker tag "$image:$key" "$image:$key-0123456789ab"
    docker image rm "$image:$key" >/dev/null
    change_rows 'DELETE FROM entries'
    use_own_clock
    echo $((40 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    run "$BATS_TEST_TMPDIR/clocked" gc --index "$one" --image "$image"
    expect "$status" 0 status
    expect_text "$output" "image $image:$key-0123456789ab: it has no index entry"
    expect "$(tags)" '' tags
}

@test "images of a registry have one name, whichever index they were taken with" {
    use_registry
    look_up "$one" miss
    look_up "$other" registry-hit
    for _ in 1 2 3; do
        look_up "$one" local-hit
        look_up "$other" local-hit
    done
    expect "$(builds)" 1 builds
    expect "$(tags)" "$key" tags
}

@test "an image that is not saved takes no name from one that is, and gc removes it after a day" {
    local saved
    option CACHE_KEY fixed
    look_up "$one" miss
    saved=$key
    echo other >content.txt
    option SAVE false
    option RESTORE false
    run_job
    expect "$status" 0 status
    expect_text "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]}" "^$image:$saved-t[0-9a-f]{12}\$"
    no_option SAVE
    no_option RESTORE
    use_own_clock
    echo $((2 * 86400)) >"$BATS_TEST_TMPDIR/clock"
    run "$BATS_TEST_TMPDIR/clocked" gc --index "$one" --image "$image"
    expect "$status" 0 status
    expect_text "$output" 'used for one step and not saved'
    expect "$(image_names)" "$image:$saved" names
}
