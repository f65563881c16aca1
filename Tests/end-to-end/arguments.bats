#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# Build arguments and environment variables: which of them give a different image, and which do not.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    run_job
    expect_outcome miss
    first=$key
}
teardown() { end_to_end_teardown; }

label() { docker image inspect --format "{{index .Config.Labels \"$1\"}}" "$image:$key"; }

@test "arguments that change no content are still a hit" {
    # docker first removes the file at that path, even a device.
    option ADDITIONAL_BUILD_ARGS "--progress plain --rm --force-rm --iidfile $BATS_TEST_TMPDIR/id"
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    option ADDITIONAL_BUILD_ARGS '-q --build-arg BUILDKIT_INLINE_CACHE=1 --build-arg BUILDKIT_DOCKERFILE_CHECK=skip=all'
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    option ADDITIONAL_BUILD_ARGS '--label note=1'
    run_job
    expect_outcome miss
    expect "$(label note)" 1
}

@test "an argument that the Dockerfile names counts, whatever it is called" {
    # shellcheck disable=SC2016
    printf 'ARG BUILDKIT_INLINE_CACHE\nRUN echo "$BUILDKIT_INLINE_CACHE" >/argument.txt\n' >>Dockerfile
    option ADDITIONAL_BUILD_ARGS '--build-arg BUILDKIT_INLINE_CACHE=0'
    run_job
    expect_outcome miss
    expect "$(file_in_image argument.txt)" 0
    option ADDITIONAL_BUILD_ARGS '--build-arg BUILDKIT_INLINE_CACHE=false'
    run_job
    expect_outcome miss
    expect "$(file_in_image argument.txt)" false
}

# bats test_tags=extended
@test "an additional build argument wins over one of the option" {
    option BUILD_ARGS GREETING=servus
    option ADDITIONAL_BUILD_ARGS '--build-arg GREETING=ahoj'
    run_job
    expect_outcome miss
    expect "$(file_in_image greeting.txt)" ahoj
    option BUILD_ARGS GREETING=hej
    run_job
    expect_outcome local-hit
    no_option ADDITIONAL_BUILD_ARGS
    run_job
    expect_outcome miss
    expect "$(file_in_image greeting.txt)" hej
}

@test "a name without a value behind one with a value is what the builder makes of it" {
    option BUILD_ARGS_0 GREETING=servus
    option BUILD_ARGS_1 GREETING
    unset GREETING
    run_job
    local greeting
    case $kind in 28.5* | 26.1) greeting=servus ;; *) greeting=hello ;; esac
    expect "$(file_in_image greeting.txt)" "$greeting"
    option BUILD_ARGS_0 GREETING=ahoj
    run_job
    case $kind in 28.5* | 26.1) greeting=ahoj ;; esac
    expect "$(file_in_image greeting.txt)" "$greeting"
}

@test "a name in the additional arguments is refused" {
    local words
    for words in '-t other' '--tag=other' '-qt other'; do
        option ADDITIONAL_BUILD_ARGS "$words"
        run_job
        expect_failure 64 'name other.*use local-tags .*tags for tags in the registry'
    done
}

# bats test_tags=extended
@test "two platforms are refused, and one that is named twice is one" {
    option PLATFORM linux/arm64
    option ADDITIONAL_BUILD_ARGS '--platform=linux/amd64'
    run_job
    expect_failure 64 'An image|an image here is for one platform'
    option PLATFORM linux/amd64
    run_job
    expect "$status" 0 status
}

@test "the commit is no label, although buildx is asked for it" {
    git init -q .
    echo .git >>.dockerignore
    git -c user.name=a -c user.email=a@b commit -q --allow-empty -m one
    echo 'RUN true' >>Dockerfile
    export BUILDX_GIT_LABELS=full
    run_job
    expect_outcome miss
    expect "$(label org.opencontainers.image.revision)" ''
    case $kind in 28.5* | 26.1) expect_text "$errors" 'BUILDX_GIT_LABELS' ;; esac
    git -c user.name=a -c user.email=a@b commit -q --allow-empty -m two
    run_job
    expect_outcome local-hit
}

@test "a source policy counts, with the file that it names" {
    only_with_buildx
    printf 'FROM docker-cache-test/busybox\nCMD ["converted"]\n' |
        docker build -q -t "$registry/$image-policy" - >/dev/null
    docker push -q "$registry/$image-policy" >/dev/null
    docker image rm "$registry/$image-policy" >/dev/null
    policy() {
        cat >../policy.json <<POLICY
{"rules": [{"action": "CONVERT",
            "selector": {"identifier": "docker-image://docker.io/docker-cache-test/busybox:latest"},
            "updates": {"identifier": "$1"}}]}
POLICY
    }
    command() { docker image inspect --format '{{json .Config.Cmd}}' "$image:$key"; }
    export EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=$BATS_TEST_TMPDIR/policy.json
    policy "docker-image://$registry/$image-policy:latest"
    run_job
    expect_outcome miss
    expect "$(command)" '["converted"]'
    local converted=$key
    run_job
    expect_outcome local-hit
    policy 'docker-image://docker.io/docker-cache-test/busybox:latest'
    run_job
    expect_outcome miss
    [ "$key" != "$converted" ] || fail 'the policy does not count'
    option BASE_IMAGES pin
    run_job
    expect_failure 64 'can replace base images'
    no_option BASE_IMAGES
    unset EXPERIMENTAL_BUILDKIT_SOURCE_POLICY
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
}

@test "attestations that the environment asks for count" {
    only_with_buildx
    export BUILDX_NO_DEFAULT_ATTESTATIONS=true
    run_job
    expect_outcome local-hit
    export BUILDX_NO_DEFAULT_ATTESTATIONS=false
    run_job
    expect_outcome miss
}

@test "variables that change nothing do not count" {
    export BUILDX_GIT_INFO=0 BUILDX_NO_DEFAULT_LOAD=1 BUILDX_EXPERIMENTAL=1 BUILDKIT_PROGRESS=plain NO_COLOR=1
    export HTTP_PROXY=http://127.0.0.1:1 SOURCE_DATE_EPOCH=1000000000 BUILDX_METADATA_WARNINGS=1
    run_job
    expect_outcome local-hit
    expect "$key" "$first" key
    echo 'RUN env >/environment.txt' >>Dockerfile
    run_job
    expect_outcome miss
    [[ $(file_in_image environment.txt) != *127.0.0.1:1* ]] || fail 'the build sees the proxy of the command line'
}

# bats test_tags=core
@test "the proxies of the daemon in Docker's configuration count" {
    echo 'RUN env >/environment.txt' >>Dockerfile
    proxies() {
        jq -n --arg host "${DOCKER_HOST:-unix:///var/run/docker.sock}" --arg of_host "$1" --arg default "$2" \
            '{proxies: {($host): {noProxy: $of_host}, default: {noProxy: $default}}}' >"$DOCKER_CONFIG/config.json"
    }
    # BuildKit considers layers equal even if the proxies differ.
    option ADDITIONAL_BUILD_ARGS --no-cache
    proxies one two
    run_job
    expect_outcome miss
    expect_text "$(file_in_image environment.txt)" 'NO_PROXY=one'
    proxies one three
    run_job
    expect_outcome local-hit
    proxies four three
    run_job
    expect_outcome miss
    expect_text "$(file_in_image environment.txt)" 'NO_PROXY=four'
}

@test "the permission bits of a file of cache-key and what a link says count" {
    option CACHE_KEY_0 ./content.txt
    run_job
    expect_outcome miss
    local second=$key
    chmod +x content.txt
    run_job
    expect_outcome miss
    chmod -x content.txt
    run_job
    expect_outcome local-hit
    expect "$key" "$second" key
    cp -p content.txt same.txt
    ln -s content.txt link.txt
    option CACHE_KEY_0 ./link.txt
    run_job
    expect_outcome miss
    ln -sfn same.txt link.txt
    run_job
    expect_outcome miss
}
