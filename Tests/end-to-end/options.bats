#!/usr/bin/env bats
#
# Every option has its effect: each of these tests fails if its option is ignored. lookup.bats tests the options that
# decide how a lookup ends, registry.bats those that involve a registry, and providers-*.bats those of the providers.
#
# Strings in single quotes are for Dockerfiles and the plugin, which expand them.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }
teardown() { end_to_end_teardown; }

# miss_with_new_key: the last job built, and its key differs from `before`
miss_with_new_key() {
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" miss OUTCOME
    [ "$key" != "$before" ] || fail "the key is still $key"
    before=$key
}

hit_with_same_key() {
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" local-hit OUTCOME
    expect "$key" "$before" key
}

inspect_image() { docker image inspect --format "$1" "$image:$key"; }

before=''

@test "dockerfile: a path of its own, also outside the context" {
    mkdir -p service/docker
    cp content.txt service/
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nRUN echo web >/which.txt\n' >service/docker/web
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nRUN echo outside >/which.txt\n' >../outside.dockerfile
    option DOCKERFILE service/docker/web
    run_job
    expect_outcome miss
    expect "$(file_in_image which.txt)" web
    before=$key
    option DOCKERFILE ../outside.dockerfile
    option CONTEXT service
    run_job
    miss_with_new_key
    expect "$(file_in_image which.txt)" outside
    echo 'RUN echo more' >>../outside.dockerfile
    run_job
    miss_with_new_key
}

# bats test_tags=extended
@test "dockerfile: its own ignore file is the one that counts" {
    mkdir docker
    printf 'FROM docker-cache-test/busybox\nCOPY . /context\nCOPY content.txt /\n' >docker/web
    echo 'extra.txt' >docker/web.dockerignore
    echo 'content.txt' >.dockerignore
    echo 'one' >extra.txt
    option DOCKERFILE docker/web
    run_job
    expect_outcome miss
    before=$key
    expect "$(docker run --rm --network none "$image:$key" ls /context | tr '\n' ' ')" \
        'Dockerfile content.txt docker ignored.txt ' "what was copied"
    echo 'two' >extra.txt
    run_job
    hit_with_same_key
}

# bats test_tags=kind-dependent
@test "dockerfile: in lower case, with and without the option, and its changes count" {
    mv Dockerfile dockerfile
    run_job
    expect_outcome miss
    before=$key
    option DOCKERFILE ./Dockerfile
    run_job
    hit_with_same_key
    echo 'RUN echo lower >/which.txt' >>dockerfile
    run_job
    miss_with_new_key
    expect "$(file_in_image which.txt)" lower
    no_option DOCKERFILE
    run_job
    hit_with_same_key
}

# bats test_tags=kind-dependent
@test "dockerfile: the one of the context, or else the one of the checkout" {
    mkdir service
    echo 'in the service' >service/content.txt
    option CONTEXT service
    run_job
    expect_outcome_in service miss
    expect_text "$output" 'Builds Dockerfile, because there is no service/Dockerfile\.'
    local of_checkout=$key
    before=$key
    (cat Dockerfile && echo 'RUN echo service >/which.txt') >service/Dockerfile
    run_job
    miss_with_new_key
    expect_text "$output" 'Builds service/Dockerfile, not Dockerfile\. The option dockerfile decides\.'
    expect "$(file_in_image which.txt)" service
    option DOCKERFILE Dockerfile
    rm service/Dockerfile
    run_job
    expect "$key" "$of_checkout" key
    if grep -q 'Builds ' <<<"$output"; then fail 'said where nothing has to be said'; fi
}

@test "dockerfile-inline: a text with the context as it is, and the text is in the key" {
    rm Dockerfile
    option DOCKERFILE_INLINE 'FROM docker-cache-test/busybox
COPY content.txt /content.txt
RUN echo "inline \"one\"" >/which.txt
'
    run_job
    expect_outcome miss
    expect "$(file_in_image which.txt)" 'inline "one"'
    before=$key
    run_job
    hit_with_same_key
    option DOCKERFILE_INLINE 'FROM docker-cache-test/busybox
COPY content.txt /content.txt
RUN echo "inline two" >/which.txt
'
    run_job
    miss_with_new_key
    expect "$(file_in_image which.txt)" 'inline two'
    echo changed >>content.txt
    run_job
    miss_with_new_key
    expect_outcome miss
}

@test "context: only that directory is sent, and only its files count" {
    mkdir service
    cp Dockerfile content.txt service/
    echo 'at the top' >content.txt
    option CONTEXT service
    run_job
    expect_outcome_in service miss
    before=$key
    echo 'changed at the top' >content.txt
    run_job
    hit_with_same_key
    echo 'changed below' >service/content.txt
    run_job
    miss_with_new_key
    expect "$(file_in_image content.txt)" 'changed below'
}

# expect_outcome_in DIRECTORY OUTCOME: expect_outcome with DIRECTORY as the context
expect_outcome_in() { (cd "$1" && expect_outcome "$2"); }

# bats test_tags=extended
@test "context: an absolute path" {
    mkdir ../elsewhere
    cp Dockerfile content.txt ../elsewhere/
    echo elsewhere >../elsewhere/content.txt
    option CONTEXT "$BATS_TEST_TMPDIR/elsewhere"
    run_job
    expect_outcome_in ../elsewhere miss
}

# bats test_tags=extended
@test "target: the stage, in the image and in the key" {
    run_job
    expect_outcome miss
    before=$key
    option TARGET test
    run_job
    miss_with_new_key
    expect "$(stage_of_image)" test
}

@test "build-args: a list, of values and of names" {
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
ARG FIRST
ARG SECOND=default
COPY content.txt /
RUN echo "$FIRST/$SECOND" >/arguments.txt
DOCKERFILE
    option BUILD_ARGS_0 'FIRST=a "b" $c = d'
    option BUILD_ARGS_1 SECOND
    export SECOND='from the environment'
    run_job
    expect_outcome miss
    expect "$(file_in_image arguments.txt)" 'a "b" $c = d/from the environment'
    before=$key
    SECOND='another'
    run_job
    miss_with_new_key
    unset SECOND
    run_job
    miss_with_new_key
    expect "$(file_in_image arguments.txt)" 'a "b" $c = d/default'
}

# bats test_tags=extended
@test "build-args: a text is a list of its lines" {
    printf 'FROM docker-cache-test/busybox\nARG A\nARG B\nCOPY content.txt /\nRUN echo "$A/$B" >/a.txt\n' >Dockerfile
    option BUILD_ARGS $'A=1 2\nB=3\n'
    run_job
    expect_outcome miss
    expect "$(file_in_image a.txt)" '1 2/3'
}

# bats test_tags=extended
@test "build-args: the order of a list counts as docker has it, also beyond nine" {
    local number
    printf 'FROM docker-cache-test/busybox\nARG A\nCOPY content.txt /\nRUN echo "$A" >/a.txt\n' >Dockerfile
    for number in {0..11}; do option "BUILD_ARGS_$number" "A=$number"; done
    run_job
    expect_outcome miss
    expect "$(file_in_image a.txt)" 11
}

@test "additional-build-args: quotes and spaces survive" {
    echo 'ARG TEXT' >>Dockerfile
    echo 'RUN echo "$TEXT" >/text.txt' >>Dockerfile
    option ADDITIONAL_BUILD_ARGS "--build-arg 'TEXT=two  words \"quoted\"' --label note=\"a 'b'\"  --label back=c\\ d"
    run_job
    expect_outcome miss
    expect "$(file_in_image text.txt)" 'two  words "quoted"'
    expect "$(inspect_image '{{index .Config.Labels "note"}}')" "a 'b'"
    expect "$(inspect_image '{{index .Config.Labels "back"}}')" 'c d'
    before=$key
    option ADDITIONAL_BUILD_ARGS "--label note=other"
    run_job
    miss_with_new_key
    expect "$(inspect_image '{{index .Config.Labels "note"}}')" other
}

# bats test_tags=extended
@test "additional-build-args: a quote that is not closed is refused" {
    option ADDITIONAL_BUILD_ARGS '--label "note'
    run_job
    expect_failure 64 additional-build-args
    expect "$(builds)" 0 builds
}

# use_secrets: sets the secrets, and a Dockerfile that proves that it had them without storing them
use_secrets() {
    secret="kept-from-everyone-$RANDOM$RANDOM"
    cat >Dockerfile <<'DOCKERFILE'
FROM docker-cache-test/busybox
COPY content.txt /
RUN --mount=type=secret,id=API_TOKEN md5sum </run/secrets/API_TOKEN | cut -c1-8 >/first.txt
RUN --mount=type=secret,id=netrc md5sum </run/secrets/netrc | cut -c1-8 >/second.txt
DOCKERFILE
    printf '%s' "$secret-file" >../netrc
    export API_TOKEN=$secret
    option SECRETS_0 API_TOKEN
    option SECRETS_1 "id=netrc,src=$BATS_TEST_TMPDIR/netrc"
}

short_digest() { printf '%s' "$1" | md5sum | cut -c1-8; }

@test "secrets: a variable and a file are there for RUN, and nowhere else" {
    use_secrets
    use_registry
    option VERBOSE true
    run_job
    expect_outcome miss
    expect "$(file_in_image first.txt)" "$(short_digest "$secret")" "the secret of the variable"
    expect "$(file_in_image second.txt)" "$(short_digest "$secret-file")" "the secret of the file"
    expect "$(calls "--secret id=API_TOKEN,env=API_TOKEN ")" 1 "builds with the secret's name"
    run ! grep -F "$secret" <<<"$output$errors"
    run ! grep -F "$secret" "$docker_calls"
    run ! grep -rF "$secret" "$(dirname "$index")"
    run ! grep -F "$secret" <<<"$(docker image inspect "$image:$key")$(docker history --no-trunc "$image:$key")"
    docker save "$image:$key" >"$BATS_TEST_TMPDIR/image.tar"
    run ! grep -F "$secret" "$BATS_TEST_TMPDIR/image.tar"
    record >"$BATS_TEST_TMPDIR/record"
    jq -r .key_record "$BATS_TEST_TMPDIR/record" | base64 --decode >"$BATS_TEST_TMPDIR/key-record"
    expect_text "$(tr -c '[:print:]' '\n' <"$BATS_TEST_TMPDIR/key-record")" 'content.txt'
    run ! grep -aF "$secret" "$BATS_TEST_TMPDIR/record" "$BATS_TEST_TMPDIR/key-record"
}

# bats test_tags=extended
@test "secrets: another value is the same key, another name is not" {
    use_secrets
    run_job
    expect_outcome miss
    before=$key
    export API_TOKEN=another
    echo another >../netrc
    run_job
    hit_with_same_key
    option SECRETS_2 id=more,env=API_TOKEN
    run_job
    miss_with_new_key
}

# bats test_tags=extended
@test "secrets: one alone needs no list" {
    printf 'FROM docker-cache-test/busybox\nCOPY content.txt /\nRUN %s cp /run/secrets/NAME /copied.txt\n' \
        --mount=type=secret,id=NAME >Dockerfile
    option SECRETS NAME
    export NAME=value
    run_job
    expect_outcome miss
    expect "$(file_in_image copied.txt)" value
}

@test "platform: in the key, and the image is for it" {
    printf 'FROM scratch\nCOPY content.txt /\n' >Dockerfile
    option PLATFORM linux/arm64
    run_job
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" miss OUTCOME
    expect "$(inspect_image '{{.Os}}/{{.Architecture}}')" linux/arm64
    before=$key
    run_job
    hit_with_same_key
    option PLATFORM linux/amd64
    run_job
    miss_with_new_key
    expect "$(inspect_image '{{.Os}}/{{.Architecture}}')" linux/amd64
    option PLATFORM linux/amd64,linux/arm64
    run_job
    expect_failure 64 'platform.*one platform'
}

# bats test_tags=extended
@test "key-inputs: context counts what no one copies, copied does not" {
    run_job
    expect_outcome miss
    before=$key
    echo new >not-copied.txt
    run_job
    hit_with_same_key
    option KEY_INPUTS context
    run_job
    miss_with_new_key
    echo changed >not-copied.txt
    run_job
    miss_with_new_key
}

@test "cache-key: a text replaces what the Dockerfile and the context say" {
    option CACHE_KEY v1
    run_job
    expect_outcome miss
    before=$key
    echo 'RUN echo more' >>Dockerfile
    echo changed >>content.txt
    run_job
    hit_with_same_key
    option CACHE_KEY v2
    run_job
    miss_with_new_key
    # The stage decides which image it is, whatever the `cache-key` is.
    option TARGET test
    run_job
    miss_with_new_key
}

# bats test_tags=extended
@test "cache-key: a list of texts, paths and globs, whose contents count" {
    mkdir -p locks/deep
    echo one >locks/a.lock
    echo one >locks/deep/b.lock
    echo one >locks/other.txt
    option CACHE_KEY_0 v1
    option CACHE_KEY_1 ./content.txt
    option CACHE_KEY_2 'locks/**/*.lock'
    run_job
    expect_outcome miss
    before=$key
    echo two >locks/other.txt
    run_job
    hit_with_same_key
    echo two >locks/deep/b.lock
    run_job
    miss_with_new_key
    echo two >>content.txt
    run_job
    miss_with_new_key
    option CACHE_KEY_0 v2
    run_job
    miss_with_new_key
    option CACHE_KEY_2 'nowhere/*.lock'
    run_job
    expect_failure 64 'cache-key.*nowhere/\*\.lock'
}

# bats test_tags=extended
@test "cache-key: a single text names several paths" {
    echo one >a.lock
    echo one >b.lock
    option CACHE_KEY './a.lock, b.lock'
    run_job
    expect_outcome miss
    before=$key
    echo two >b.lock
    run_job
    miss_with_new_key
    echo changed >>content.txt
    run_job
    hit_with_same_key
    rm b.lock
    run_job
    expect_failure 64 'cache-key.*\./b\.lock'
}

@test "tag and fallback-tag: with what follows, 128 characters are allowed" {
    local longest
    longest=$(printf 't%.0s' {1..77})
    use_registry
    option TAG "$longest"
    run_job
    expect_outcome miss
    docker pull --quiet "$registry/$image:$longest-$key"
    option TAG "t$longest"
    run_job
    expect_failure 64 'tag.* 78 characters; expected at most 77'
    no_option TAG
    option FALLBACK_TAG "$(printf 'f%.0s' {1..129})"
    run_job
    expect_failure 64 'fallback-tag'
}

@test "read-only: false saves also for a pull request from a fork" {
    use_registry
    export BUILDKITE_REPO=git@github.com:acme/shop.git BUILDKITE_PULL_REQUEST=7
    export BUILDKITE_PULL_REQUEST_REPO=git://github.com/mallory/shop.git
    option READ_ONLY false
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 1 entries
    expect "$(calls '^push ')" 1 pushes
}

# bats test_tags=extended
@test "read-only: true saves nothing, neither in the registry nor in the index" {
    use_registry
    option READ_ONLY true
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    expect "$(calls '^push ')" 0 pushes
}

# bats test_tags=extended
@test "save: false leaves the registry as it is" {
    use_registry
    option SAVE false
    run_job
    expect_outcome miss
    expect "$(calls '^push ')" 0 pushes
    another_agent
    run_job
    expect_outcome miss
}

# bats test_tags=extended
@test "restore: false asks no one, and saves" {
    use_registry
    run_job
    expect_outcome miss
    : >"$docker_calls"
    option RESTORE false
    run_job
    expect_outcome bypassed
    expect "$(builds)" 1 builds
    [[ $output != *'Looking for'* ]] || fail "the registry was asked"
    expect "$(calls '^pull ')" 0 pulls
    expect "$(calls '^push ')" 1 pushes
}

@test "export-env-variable: only what a shell accepts" {
    local name
    for name in MY-IMAGE 1IMAGE 'MY IMAGE' 'A;touch pwned' UID; do
        option EXPORT_ENV_VARIABLE "$name"
        run_job
        expect_failure 64 'export-env-variable'
    done
    expect "$(cat "$docker_calls")" '' "calls of docker"
    option EXPORT_ENV_VARIABLE _my_Image2
    run_job
    expect "${exported[_my_Image2]:-}" "$image:$key" _my_Image2
}

# bats test_tags=extended
@test "export-env-variable: a name that a later lookup would read as an option is refused" {
    local name
    for name in BUILDKITE_PLUGIN_DOCKER_CACHE_TARGET BUILDKITE_PLUGIN_DOCKER_CACHE_APP BUILDKITE_PLUGIN_DOCKER_CACHE_HIT
    do
        option EXPORT_ENV_VARIABLE "$name"
        run_job
        expect_failure 64 "export-env-variable.*$name"
    done
}

@test "verbose: every command as it is run, and how long it took" {
    run_job
    expect_outcome miss
    [[ $errors != *'$ docker'* ]] || fail "commands are shown without verbose"
    forget_images
    option VERBOSE true
    : >"$docker_calls"
    run_job
    expect_outcome miss
    local call
    while IFS= read -r call; do
        grep -Fq -- "\$ docker ${call%%--build-arg*}" <<<"$errors" || fail "not shown: $call"
    done <"$docker_calls"
    expect "$(grep -Ec '^docker-cache: docker [a-z-]+: status [0-9]+ after [0-9.]+ s$' <<<"$errors")" \
        "$(wc -l <"$docker_calls")" "commands whose time is shown"
}

# bats test_tags=extended
@test "verbose: no value of a build argument or of additional-build-args is shown" {
    option VERBOSE true
    option BUILD_ARGS_0 HARMLESS=kept-from-everyone
    option BUILD_ARGS_1 HTTPS_PROXY=http://user:kept-from-everyone@127.0.0.1:1
    option ADDITIONAL_BUILD_ARGS '--build-arg=DATABASE=kept-from-everyone --label plain=kept-from-everyone --force-rm'
    run_job
    expect_outcome miss
    run ! grep -F kept-from-everyone <<<"$output$errors"
    expect_text "$errors" '--build-arg HARMLESS=\*\*\* --build-arg HTTPS_PROXY=\*\*\* '
    expect_text "$errors" '--build-arg=DATABASE=\*\*\* --label \*\*\* --force-rm -- '
}

@test "a name with a line break stops at once, and is shown with an escape" {
    printf 'FROM scratch\n' >$'Docker\nfile'
    option DOCKERFILE $'Docker\nfile'
    run_job
    expect_failure 64 'dockerfile is "Docker\\x0afile": it has a control character'
    no_option DOCKERFILE
    option TARGET $'a\tb'
    run_job
    expect_failure 64 'target is "a\\x09b": it has a control character'
    expect "$(builds)" 0 builds
}

@test "an additional argument that docker does not know is named as the cause" {
    option ADDITIONAL_BUILD_ARGS --no-such-flag
    run_job
    expect_failure 125 'additional-build-args has --no-such-flag, which this docker may not know'
}

@test "index: a path of its own; else the variable, else the user's cache directory" {
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 1 entries
    no_option INDEX
    export DOCKER_CACHE_INDEX=$BATS_TEST_TMPDIR/from-variable/index.db
    index=$DOCKER_CACHE_INDEX
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 1 "entries in the index of the variable"
    unset DOCKER_CACHE_INDEX
    export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
    index=$XDG_CACHE_HOME/docker-cache/index.db
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 1 "entries in the index of the cache directory"
    unset XDG_CACHE_HOME
    index=$HOME/.cache/docker-cache/index.db
    run_job
    expect_outcome miss
    expect "$(query 'SELECT count(*) FROM entries')" 1 "entries in the index at home"
    expect "$(stat -c %a "$index")" 600 "the mode of the index"
}

# platform_given: how the last build received a platform
platform_given() {
    grep -E '^(buildx )?build ' "$docker_calls" | tail -n 1 | grep -oE -- '--platform[= ][^ ]+' || true
}

# bats test_tags=kind-dependent,core
@test "a platform is given to the builder once, wherever it comes from" {
    only_with_buildkit
    local platform
    platform=$(docker version --format '{{.Server.Os}}/{{.Server.Arch}}')
    option ADDITIONAL_BUILD_ARGS "--platform $platform --network none"
    run_job
    expect_outcome miss
    expect "$(platform_given)" "--platform $platform"
    expect_text "$(grep '^build ' "$docker_calls")" '--network none'
    option PLATFORM "$platform"
    option ADDITIONAL_BUILD_ARGS "--platform=$platform"
    run_job
    expect_outcome miss
    expect "$(platform_given)" "--platform $platform"
    no_option ADDITIONAL_BUILD_ARGS
    echo "more of $image" >>content.txt
    export DOCKER_DEFAULT_PLATFORM=$platform
    run_job
    expect_outcome miss
    expect "$(platform_given)" "--platform $platform"
    no_option PLATFORM
    echo "more of $image" >>content.txt
    run_job
    expect_outcome miss
    expect "$(platform_given)" "--platform $platform"
}
