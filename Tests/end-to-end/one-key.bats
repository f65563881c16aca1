#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# A key is a function of the inputs, never of what an agent happens to know about base images. Only the base image that
# a build used matters.
#
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    # With the legacy builder, the key covers the whole context.
    only_with_buildkit
    end_to_end_setup
    use_registry
    mkdir -p other
    echo other >other/file
    mode=$BATS_TEST_TMPDIR/mode
    requests=$BATS_TEST_TMPDIR/requests
    : >"$requests"
    answers pass
    coproc front { exec python3 "$BATS_TEST_DIRNAME/base_registry.py" "$registry" "$requests" "$mode" 3>&-; }
    # shellcheck disable=SC2154
    read -r -u "${front[0]}" port
    front_end=${front[1]}
    base=127.0.0.1:$port/$image/base:1
    push_base 1 'ENV PLAIN=yes'
    use_base "$base"
}

teardown() {
    if [ -n "${front_end:-}" ]; then exec {front_end}>&-; fi
    leave_daemon
    end_to_end_teardown
}

# answers MODE: sets the base registry's behaviour, see base_registry.py
answers() { echo "$1" >"$mode"; }

# push_base TAG INSTRUCTION: pushes a base image to the registry, and removes it from the daemon
push_base() {
    local name=$registry/$image/base:$1
    printf 'FROM docker-cache-test/busybox\n%s\n' "$2" | docker build --quiet --tag "$name" - >/dev/null
    docker push --quiet "$name" >/dev/null
    docker image rm "$name" >/dev/null
}

use_base() { printf 'FROM %s\nCOPY content.txt /content.txt\n' "$1" >Dockerfile; }

saved() { query 'SELECT count(*) FROM entries'; }

# bats test_tags=core
@test "agents compute one key, whatever they can ask, and a hit asks no base image's registry" {
    run_job
    expect_outcome miss
    local first=$key
    : >"$requests"
    for _ in 1 2; do
        for state in pass 429 gone docker moves present; do
            another_agent
            case $state in
                present) docker tag docker-cache-test/busybox "$base" ;;
                *) answers "$state" ;;
            esac
            run_job
            expect_outcome registry-hit
            expect "$key" "$first" "key with $state"
        done
    done
    expect "$(cat "$requests")" '' 'requests to the registry of the base image'
}

@test "what a builder with a base image that adds something built is saved under the key of everything" {
    push_base 1 'ONBUILD COPY other /other'
    run_job
    expect_outcome miss
    expect_text "$output" "the base image $base has ONBUILD triggers"
    expect "$(saved)" 1 entries
    local first=$key
    # The base image is queried before the build, and then the registry is queried with the key over everything.
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$key" "$first" key
    expect "$(builds)" 1 builds
    echo changed >other/file
    run_job
    expect_outcome miss
    expect "$(file_in_image other/file)" changed
}

@test "a base image that only the builder can take is built on, and saved nowhere" {
    answers docker
    run_job
    expect_outcome miss
    expect "$(saved)" 0 entries
    expect_text "$errors" "Could not determine which digest the base image $base had"
    expect_text "$errors" 'key-inputs: context'
    option KEY_INPUTS context
    run_job
    expect_outcome miss
    expect "$(saved)" 1 entries
}

# bats test_tags=core
@test "a base image that moves between the question and the build" {
    push_base 2 'ONBUILD COPY other /other'
    answers moves
    run_job
    expect_outcome miss
    expect "$(file_in_image other/file)" other
    if [ "$(saved)" = 1 ]; then
        # The builder reported the image that it used, and the lookup restarted.
        expect_text "$output" "has ONBUILD triggers"
        expect "$(builds)" 2 builds
        local first=$key
        echo changed >other/file
        run_job
        [ "$key" != "$first" ] || fail 'the key is the same'
    else
        expect_text "$errors" "base image $base changed while"
    fi
    case $kind in 28.5*) expect "$(saved)" 2 entries ;; esac
}

@test "a base image that is only in the daemon is known, and so is one that is only in the registry" {
    run_job
    expect_outcome miss
    expect "$(saved)" 1 entries
    docker tag docker-cache-test/busybox "$registry/$image/own:1"
    use_base "$registry/$image/own:1"
    run_job
    expect_outcome miss
    expect "$(saved)" 2 entries
}

@test "the daemon's base image counts where it adds something and the registry's does not" {
    printf 'FROM docker-cache-test/busybox\nONBUILD COPY other /other\n' |
        docker build --quiet --tag "$base" - >/dev/null
    run_job
    expect_outcome miss
    echo changed >other/file
    run_job
    # The builder may use either image. But the file must not be the old one.
    if content=$(file_in_image other/file 2>/dev/null); then expect "$content" changed "the file in the image"; fi
    docker image rm "$base" >/dev/null
}

@test "with --pull in additional-build-args, the registry's base image counts" {
    push_base 1 'ONBUILD COPY other /other'
    printf 'FROM docker-cache-test/busybox\nENV PLAIN=yes\n' | docker build --quiet --tag "$base" - >/dev/null
    option ADDITIONAL_BUILD_ARGS --pull
    run_job
    expect_outcome miss
    expect "$(file_in_image other/file)" other
    echo changed >other/file
    run_job
    expect_outcome miss
    expect "$(file_in_image other/file)" changed
}

@test "a base image that adds nothing any more makes the first key right again" {
    run_job
    expect_outcome miss
    local first=$key
    push_base 1 'ONBUILD COPY other /other'
    echo changed >content.txt
    run_job
    expect_outcome miss
    push_base 1 'ENV PLAIN=yes'
    echo changed >other/file
    run_job
    expect_outcome miss
    another_agent
    local known=$key
    run_job
    expect_outcome registry-hit
    expect "$key" "$known" key
}

@test "behind a mirror of Docker Hub the question goes to the mirror" {
    services_registry_mirror=http://127.0.0.1:$port own_daemon
    use_base "$image/base:1"
    run_job
    expect_outcome miss
    expect "$(saved)" 1 entries
    local first=$key
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$key" "$first" key
    push_base 1 'ONBUILD COPY other /other'
    echo changed >content.txt
    run_job
    expect_outcome miss
    expect_text "$output" "has ONBUILD triggers"
    expect_text "$(cat "$requests")" "docker-cache GET /v2/$image/base/manifests/1"
}

@test "pin: behind a mirror, what the mirror has under the name counts" {
    services_registry_mirror=http://127.0.0.1:$port own_daemon
    use_base "$image/base:1"
    option BASE_IMAGES pin
    run_job
    expect_outcome miss
    local first=$key
    run_job
    expect_outcome local-hit
    push_base 1 'ENV PLAIN=no'
    run_job
    expect_outcome miss
    [ "$key" != "$first" ] || fail 'the key is the same'
}

@test "pin: the frontend that # syntax names counts like a base image" {
    services_registry_mirror=http://127.0.0.1:$port own_daemon
    local name=docker/dockerfile:test-$RANDOM keys=() instruction
    printf '# syntax=%s\nFROM %s\n' "$name" "$image/base:1" >Dockerfile
    for instruction in 'ENV A=1' 'ENV A=2'; do
        printf 'FROM docker-cache-test/busybox\n%s\n' "$instruction" |
            docker build --quiet --tag "$registry/$name" - >/dev/null
        docker push --quiet "$registry/$name" >/dev/null
        run --separate-stderr "$DOCKER_CACHE_BIN" key --index "$index" --base-images pin
        expect "$status" 0 status
        keys+=("$output")
    done
    [ "${keys[0]}" != "${keys[1]}" ] || fail 'the key is the same'
}

# before_builds COMMANDS: from now on, runs them right before each build.
before_builds() {
    mkdir "$BATS_TEST_TMPDIR/before"
    cat >"$BATS_TEST_TMPDIR/before/docker" <<BEFORE
#!/usr/bin/env bash
case " \$1 \${2:-} " in ' build '* | ' buildx build ') { $1; } >/dev/null 2>&1 ;; esac
exec '$BATS_TEST_TMPDIR/watch/docker' "\$@"
BEFORE
    chmod +x "$BATS_TEST_TMPDIR/before/docker"
    PATH=$BATS_TEST_TMPDIR/before:$PATH
}

@test "a base image that gets another name during a build, or the same once more, is the same base image" {
    local own=$image-own:1
    printf 'FROM docker-cache-test/busybox\nENV OWN=%s\n' "$image" | docker build --quiet --tag "$own" - >/dev/null
    use_base "$own"
    before_builds "'$real_docker' tag '$own' '$image-other:1'; '$real_docker' tag '$own' '$own'"
    run_job
    expect_outcome miss
    expect "$(saved)" 1 entries
    docker image rm "$own" "$image-other:1" >/dev/null
}

@test "a name that goes to another image during a build and comes back is noticed, where the builder does not say" {
    local own=$image-own:1 other=$image-other:1
    printf 'FROM docker-cache-test/busybox\nENV OWN=%s\n' "$image" | docker build --quiet --tag "$own" - >/dev/null
    printf 'FROM docker-cache-test/busybox\nENV OTHER=%s\n' "$image" | docker build --quiet --tag "$other" - >/dev/null
    docker tag "$own" "$image-kept:1"
    use_base "$own"
    before_builds "'$real_docker' tag '$other' '$own'; '$real_docker' tag '$image-kept:1' '$own'"
    run_job
    expect_outcome miss
    case $kind in
        28.5-containerd) expect "$(saved)" 1 entries ;;
        *)
            expect "$(saved)" 0 entries
            expect_text "$errors" "base image $own changed while"
            ;;
    esac
    docker image rm "$own" "$other" "$image-kept:1" >/dev/null
}
