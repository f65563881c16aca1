#!/usr/bin/env bats
#
# Which builds decide the images that other builds run: those of trusted branches, and untrusted ones.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry
    option TRUSTED_BRANCHES main
    untrusted=$image-untrusted
}

teardown() {
    end_proxy
    end_to_end_teardown
    image=$untrusted forget_images
    leave_daemon
}

# on BRANCH: all following jobs build that branch.
on() { export BUILDKITE_BRANCH=$1; }

# untrusted_tags: the tags in the repository of untrusted builds
untrusted_tags() { image=$untrusted registry_tags; }

# writes: the paths that were written, from the registry's log, without the parts that change each time
writes() {
    sed -n -E 's,.*"(PUT|POST|PATCH|DELETE) /v2/([^"]*)/(manifests|blobs)/.*,\2,p' "$BATS_TEST_TMPDIR/proxy-log" |
        sort -u
}

# main_read_nothing: expects no request for the repository of untrusted builds in the registry's log
main_read_nothing() {
    [ -s "$BATS_TEST_TMPDIR/proxy-log" ] || fail 'there were no requests'
    run ! grep -F "/v2/$untrusted/" "$BATS_TEST_TMPDIR/proxy-log"
}

# use_rights [ENDING]: a registry that grants each user exactly the rights that are needed. The ending selects the user.
use_rights() {
    if [ "$registry" != "$DOCKER_CACHE_TEST_TOKEN_REGISTRY" ]; then
        use_registry "$DOCKER_CACHE_TEST_TOKEN_REGISTRY"
        DOCKER_CONFIG=$BATS_TEST_TMPDIR/docker
        docker_configuration "$DOCKER_CONFIG"
        export DOCKER_CONFIG USER_PASSWORD=$DOCKER_CACHE_TEST_PROTECTED_PASSWORD
        option REGISTRY_PASSWORD "\$USER_PASSWORD"
    fi
    option REGISTRY_USERNAME "$DOCKER_CACHE_TEST_PROTECTED_USERNAME${1:-}"
}

# another_daemon: another agent with a Docker daemon of its own, and with the same base image. On another base image, no
# layer would be used again.
another_daemon() {
    docker save --output "$BATS_TEST_TMPDIR/base.tar" docker-cache-test/busybox
    leave_daemon
    own_daemon
    docker load --quiet --input "$BATS_TEST_TMPDIR/base.tar" >/dev/null
    use_index "$BATS_TEST_TMPDIR/index-$RANDOM/index.db"
}

# expect_untrusted OUTCOME
expect_untrusted() { expect_outcome "$1" "untrusted-$key"; }

# bats test_tags=kind-dependent,core
@test "an image of a branch that is not trusted is no hit for main, and main's is one for the branch" {
    use_proxy immutable_registry.py --except latest
    on evil
    run_job
    expect_untrusted miss
    expect_text "$output" "Images are saved in $registry/$untrusted, because the branch evil is not among"
    expect "$(writes)" "$untrusted" 'where evil wrote'
    expect "$(untrusted_tags | paste -sd ' ')" "cache-$key latest" 'tags of evil'
    expect "$(registry_tags)" '' 'tags of main'
    # What evil was told about the base image is not used for main either.
    if [ "$kind" != 20.10-legacy ]; then
        expect "$(query "SELECT count(*) FROM base_images WHERE reference NOT LIKE 'untrusted %'")" 0 'answers for main'
        [ "$(query "SELECT count(*) FROM base_images WHERE reference LIKE 'untrusted %'")" -gt 0 ] || fail 'no answers'
    fi
    local evils=$digest
    run_job
    expect_untrusted local-hit

    : >"$BATS_TEST_TMPDIR/proxy-log"
    on main
    run_job
    expect_outcome miss
    main_read_nothing
    [ "$digest" != "$evils" ] || fail 'main has the image of evil'
    local mains=$digest
    another_agent
    image=$untrusted forget_images
    : >"$BATS_TEST_TMPDIR/proxy-log"
    on evil
    run_job
    expect_isolated registry-hit
    expect "$digest" "$mains" "the image that evil gets"
    run_job
    expect_isolated local-hit
    expect "$(writes)" '' 'where evil wrote'
    # Data that evil received is not used for main, which queries the registry itself.
    : >"$BATS_TEST_TMPDIR/proxy-log"
    on main
    run_job
    # It is the same image, which has a name of its own already.
    expect_isolated registry-hit
    main_read_nothing
    expect "$digest" "$mains" "the image that main gets"
    run_job
    expect_isolated local-hit
}

@test "another agent of main does not take what evil saved" {
    on evil
    run_job
    expect_untrusted miss
    another_agent
    on main
    run_job
    expect_outcome miss
    expect "$(registry_tags | paste -sd ' ')" "cache-$key latest" 'tags of main'
}

@test "without a registry the index keeps them apart" {
    option PROVIDER local
    no_option REGISTRY_URL
    no_option REGISTRY_INSECURE
    on evil
    run_job
    expect_untrusted miss
    run_job
    expect_untrusted local-hit
    on main
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
    on evil
    run_job
    expect_outcome local-hit
    expect "$(builds)" 2 builds
}

@test "credentials that can only read main's repository are enough, and nothing warns" {
    use_rights -untrusted
    option TAGS pr-7
    option LOCAL_TAGS dev
    on evil
    run_job
    expect_untrusted miss
    expect_no_warning
    another_agent
    image=$untrusted forget_images
    run_job
    expect_untrusted registry-hit
    expect_no_warning

    # The permissions are as described: for main, evil's credentials cannot save.
    on main
    no_option TAGS
    run_job
    expect_outcome miss
    expect_text "$errors" 'could not be saved'
    use_rights
    another_agent
    run_job
    expect_outcome miss
    local mains=$digest
    another_agent
    image=$untrusted forget_images
    on evil
    use_rights -untrusted
    # The image is pushed again, with the layers that the registry has in main's repository.
    option TAGS pr-8
    run_job
    expect_isolated registry-hit
    expect "$digest" "$mains" digest
    expect_no_warning
    expect_text "$output" "Tags in $registry/$untrusted: pr-8"
    another_agent
    docker pull --quiet "$registry/$untrusted:pr-8" >/dev/null
}

# bats test_tags=kind-dependent
@test "the layers of all stages need no more rights" {
    only_on 'the docker driver sends layers with containerd'"'"'s image store alone' 28.5-containerd
    option LAYER_CACHE max
    use_rights
    on main
    run_job
    expect_outcome miss
    another_agent
    use_rights -untrusted
    on evil
    run_job
    expect_isolated registry-hit
    expect_no_warning
    echo changed >content.txt
    run_job
    expect_untrusted miss
    expect_no_warning
    expect_text "$output" "Layers may be taken from $registry/$image:cache-[0-9a-f]*-layers"
    expect "$(calls "--cache-to type=registry,.*ref=$registry/$untrusted:cache-[0-9a-f]*-layers")" 1 'exports of evil'
    # buildx ignores errors of the export.
    expect_text "$errors" 'writing cache image manifest sha256:[0-9a-f]+ ([0-9.]+s )?done'
}

# layers_stay_apart MODE
layers_stay_apart() {
    local evils mains
    option LAYER_CACHE "$1"
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY content.txt /content.txt
RUN head -c 16 /dev/urandom | od -An -tx1 >/layer.txt
DOCKERFILE
    own_daemon
    on evil
    run_job
    expect_untrusted miss
    expect "$(registry_tags)" '' 'tags of main'
    evils=$(file_in_image layer.txt "untrusted-$key")
    another_daemon
    on main
    run_job
    expect_outcome miss
    mains=$(file_in_image layer.txt)
    [ "$evils" != "$mains" ] || fail 'the layer is that of evil'
    # The reverse is intended: evil gets the layers of main.
    another_daemon
    on evil
    echo 'RUN echo more >/more.txt' >>Dockerfile
    run_job
    expect_untrusted miss
    expect "$(file_in_image layer.txt "untrusted-$key")" "$mains" 'the layer of main'
}

# bats test_tags=kind-dependent
@test "no layer of evil is in an image of main that is built by another daemon" {
    only_with_buildx
    layers_stay_apart inline
}

# bats test_tags=kind-dependent
@test "nor is one of all the layers that evil sent" {
    only_on 'the docker driver sends layers with containerd'"'"'s image store alone' 28.5-containerd
    layers_stay_apart max
    expect "$(untrusted_tags | grep -c -- '-layers$')" 1 'layers of evil'
    expect "$(registry_tags | grep -c -- '-layers$')" 1 'layers of main'
}

@test "cache-from takes a trusted build nothing from the others' repository" {
    option CACHE_FROM "$registry/$untrusted:latest"
    on main
    run_job
    expect_failure 64 'untrusted builds write to this repository, and this build is trusted'
    expect "$(builds)" 0 builds
    on evil
    run_job
    expect_untrusted miss
}

@test "the agent's owner decides, whatever the pipeline says" {
    export DOCKER_CACHE_TRUSTED_BRANCHES=main
    option TRUSTED_BRANCHES '*'
    on evil
    run_job
    expect_untrusted miss
    export DOCKER_CACHE_UNTRUSTED_REPOSITORY=$untrusted/owners
    option UNTRUSTED_REPOSITORY "$untrusted"
    run_job
    expect_failure 64 "DOCKER_CACHE_UNTRUSTED_REPOSITORY is set to $untrusted/owners"
    no_option UNTRUSTED_REPOSITORY
    no_option TRUSTED_BRANCHES
    another_agent
    image=$untrusted forget_images
    run_job
    expect_untrusted miss
    expect "$(image=$untrusted/owners registry_tags | paste -sd ' ')" "cache-$key latest" 'tags of evil'
    export DOCKER_CACHE_UNTRUSTED_REPOSITORY=$image
    run_job
    expect_failure 64 'repository of trusted builds'
}

@test "a list of trusted branches that is empty by mistake turns nothing off" {
    option TRUSTED_BRANCHES ''
    on evil
    run_job
    expect_failure 64 'trusted-branches is empty'
    expect "$(builds)" 0 builds
}

@test "local-tags are not moved by a branch that is not trusted" {
    option LOCAL_TAGS dev
    on main
    run_job
    expect_outcome miss
    local mains
    mains=$(docker image inspect --format '{{.Id}}' "$image:dev")
    echo evil >content.txt
    on evil
    run_job
    expect_untrusted miss
    expect_text "$output" 'Skipped: local-tags, because the branch evil is not among'
    expect_no_warning
    expect "$(docker image inspect --format '{{.Id}}' "$image:dev")" "$mains" "what dev names"
}

# bats test_tags=kind-dependent
@test "gc removes the images of both, and leaves none behind" {
    on evil
    run_job
    expect_untrusted miss
    on main
    run_job
    expect_outcome miss
    change_rows 'UPDATE entries SET built_at = built_at - 31 * 86400000, last_used_at = last_used_at - 31 * 86400000'
    use_own_clock
    echo 7200 >"$BATS_TEST_TMPDIR/clock"
    run "$BATS_TEST_TMPDIR/clocked" gc --index "$index" --image "$image"
    expect "$status" 0 status
    expect_text "$output" "image $image:$key: it has reached its age"
    expect_text "$output" "image $image:untrusted-$key: it has reached its age"
    expect "$(docker image ls --format '{{.Tag}}' "$image")" '' 'tags in the daemon'
}

@test "the IAM policy of docs/trust.md allows what untrusted builds need, and no more" {
    # shellcheck source=../../script/lib/test-tools.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/test-tools.sh"
    run "$(test_tools_directory)/bin/python" "$BATS_TEST_DIRNAME/policy_check.py" \
        "$BATS_TEST_DIRNAME/../../docs/trust.md"
    expect "$status" 0 "$output"
}
