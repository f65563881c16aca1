# shellcheck shell=bash
#
# For tests with a real daemon, a real registry and the real hooks. script/test starts the services and says where they
# are. Every test gets a home, an index, a checkout and image names of its own; its images are removed at the end. What
# is set here is read by the tests.
# shellcheck disable=SC2034,SC2154

load ../hooks/agent

end_to_end_setup() {
    : "${DOCKER_CACHE_TEST_BIN:?run these tests with script/test}" "${DOCKER_CACHE_TEST_REGISTRY:?}"
    forget_job
    unset XDG_CACHE_HOME DOCKER_DEFAULT_PLATFORM
    export DOCKER_CACHE_BIN=$DOCKER_CACHE_TEST_BIN
    export HOME=$BATS_TEST_TMPDIR/home
    export DOCKER_CONFIG=$HOME/.docker
    # Of its own, because a test whose clock is ahead takes every temporary directory that it finds for an old one.
    export TMPDIR=$BATS_TEST_TMPDIR/temporary
    mkdir -p "$HOME" "$TMPDIR"
    docker_configuration "$DOCKER_CONFIG"
    image=docker-cache-test/e2e-$$-$BATS_SUITE_TEST_NUMBER-$RANDOM
    registry=$DOCKER_CACHE_TEST_REGISTRY

    # Once: a test that is set up a second time has another PATH by then, and one that has no daemon another host.
    : "${real_docker:=$(type -P docker)}" "${first_engine_socket:=${DOCKER_HOST#unix://}}"
    watch_docker
    make_checkout "$BATS_TEST_TMPDIR/checkout"
    cd "$BATS_TEST_TMPDIR/checkout" || return
    use_index "$BATS_TEST_TMPDIR/index/index.db"
    option IMAGE "$image"
    option PROVIDER local

    export BUILDKITE=true BUILDKITE_ORGANIZATION_SLUG=acme BUILDKITE_PIPELINE_SLUG=shop BUILDKITE_BRANCH=main
    export BUILDKITE_COMMIT=0123456789012345678901234567890123456789 BUILDKITE_BUILD_NUMBER=7 BUILDKITE_BUILD_ID=build
    export BUILDKITE_JOB_ID=job BUILDKITE_STEP_KEY=test BUILDKITE_LABEL=Test BUILDKITE_AGENT_NAME=agent-1
    export BUILDKITE_PULL_REQUEST=false BUILDKITE_BUILD_CHECKOUT_PATH=$PWD
}

# docker_configuration DIRECTORY: one that says nothing, and where the client finds its plugins
docker_configuration() {
    mkdir -p "$1"
    ln -sfn "${DOCKER_CACHE_TEST_CLI_PLUGINS:?}" "$1/cli-plugins"
}

end_to_end_teardown() {
    rm -f "$BATS_TEST_TMPDIR/hold"
    if [ -n "${image:-}" ]; then forget_images; fi
}

# The kind of Docker that is tested with: see script/lib/docker-kinds.sh.
kind=${DOCKER_CACHE_TEST_DOCKER_KIND:-}

# only_on WHY KIND...: the test needs one of these kinds, which may be patterns.
only_on() {
    local why=$1 wanted
    shift
    for wanted in "$@"; do
        # shellcheck disable=SC2254
        case $kind in $wanted) return 0 ;; esac
    done
    skip "$why: not with Docker $kind"
}

only_with_buildkit() { only_on 'needs BuildKit' '28.5*' 26.1 20.10; }

only_with_buildx() { only_on 'needs buildx' '28.5*' 26.1; }

# The client that the tests themselves use; what they do with it is not noted.
docker() { "$real_docker" "$@"; }

# Puts a docker on PATH that notes its arguments, a line for a process, and then is the real one. A build waits as long
# as there is a file `hold`, so that a test decides how long a build takes; its status is noted too. What the daemon is
# told over the Engine's API to pull or to push is noted as the command that does the same.
watch_docker() {
    docker_calls=$BATS_TEST_TMPDIR/docker-calls
    build_status=$BATS_TEST_TMPDIR/build-status
    : >"$docker_calls"
    mkdir -p "$BATS_TEST_TMPDIR/watch"
    cat >"$BATS_TEST_TMPDIR/watch/docker" <<WATCH
#!/usr/bin/env bash
if [ "\$*" = 'system dial-stdio' ]; then
    read -r method target rest
    query="&\${target#*\?}"
    repository=\${query#*&fromImage=} repository=\${repository%%&*}
    tag=\${query#*&tag=} tag=\${tag%%&*}
    case \$tag in *:*) tag=@\$tag ;; *) tag=:\$tag ;; esac
    case \$target in
        /images/create*) printf 'pull %s%s\n' "\$repository" "\$tag" >>'$docker_calls' ;;
        *) name=\${target#/images/} && printf 'push %s%s\n' "\${name%%/push*}" "\$tag" >>'$docker_calls' ;;
    esac
    exec '$real_docker' "\$@" < <(printf '%s\n' "\$method \$target \$rest" && exec cat)
fi
printf '%s\n' "\$*" >>'$docker_calls'
case " \$1 \${2:-} " in
    ' build '* | ' buildx build ')
        while [ -e '$BATS_TEST_TMPDIR/hold' ]; do sleep 0.1; done
        '$real_docker' "\$@"
        status=\$?
        echo "\$status" >'$build_status'
        exit "\$status"
        ;;
esac
exec '$real_docker' "\$@"
WATCH
    chmod +x "$BATS_TEST_TMPDIR/watch/docker"
    export PATH=$BATS_TEST_TMPDIR/watch:$PATH
}

# make_checkout DIRECTORY
make_checkout() {
    mkdir -p "$1"
    cat >"$1/Dockerfile" <<'DOCKERFILE'
FROM docker-cache-test/busybox AS base
ARG GREETING=hello
COPY content.txt /content.txt
RUN echo "$GREETING" >/greeting.txt

FROM base AS test
ENV STAGE=test

FROM base AS final
ENV STAGE=final
DOCKERFILE
    # Unlike any other test's, so that no layer of another build can pass for this one's.
    echo "content of $image" >"$1/content.txt"
    echo 'ignored.txt' >"$1/.dockerignore"
    echo 'one' >"$1/ignored.txt"
}

# option NAME VALUE
option() { export "BUILDKITE_PLUGIN_DOCKER_CACHE_$1=$2"; }

no_option() { unset "BUILDKITE_PLUGIN_DOCKER_CACHE_$1"; }

use_index() {
    index=$1
    option INDEX "$index"
}

# use_registry [HOST:PORT]
use_registry() {
    registry=${1:-$DOCKER_CACHE_TEST_REGISTRY}
    option PROVIDER registry
    option REGISTRY_URL "$registry"
    option REGISTRY_INSECURE true
}

# use_proxy SCRIPT [ARGUMENT]...: the registry behind one of the fake ones here, which is told of in `proxy-log`. End it
# with end_proxy.
use_proxy() {
    local upstream=$registry script=$1
    shift
    mkfifo "$BATS_TEST_TMPDIR/proxy-input"
    "$BATS_TEST_DIRNAME/$script" "$upstream" "$BATS_TEST_TMPDIR/proxy-log" "$@" \
        <"$BATS_TEST_TMPDIR/proxy-input" >"$BATS_TEST_TMPDIR/proxy-port" 2>"$BATS_TEST_TMPDIR/proxy-errors" 3>&- &
    proxy=$!
    exec {proxy_input}>"$BATS_TEST_TMPDIR/proxy-input"
    wait_until test -s "$BATS_TEST_TMPDIR/proxy-port"
    use_registry "127.0.0.1:$(cat "$BATS_TEST_TMPDIR/proxy-port")"
}

end_proxy() {
    [ -n "${proxy:-}" ] || return 0
    exec {proxy_input}>&-
    wait "$proxy" 2>/dev/null || true
}

# Both hooks, as one job runs them.
run_job() {
    run_hook environment
    if [ "$status" -eq 0 ]; then run_hook pre-command; fi
    key=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_KEY]:-}
    digest=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_DIGEST]:-}
}

# expect_outcome OUTCOME [TAG]: the last job succeeded in this way, said so to the step, and the image is there, with
# this tag or that of its key.
expect_outcome() {
    local hit=false
    case $1 in *-hit) hit=true ;; esac
    expect "$status" 0 status
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_OUTCOME]:-}" "$1" OUTCOME
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_HIT]:-}" "$hit" HIT
    [[ $key =~ ^[0-9a-f]{40}$ ]] || fail "no key: '$key'"
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]:-}" "$image:${2:-$key}" BUILDKITE_PLUGIN_DOCKER_IMAGE
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_IMAGE]:-}" "$image" EXPORT_IMAGE
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_TAG]:-}" "${2:-$key}" EXPORT_TAG
    [ -n "${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_DIGEST]+set}" ] || fail "DIGEST is not exported"
    expect "$(file_in_image content.txt "${2:-$key}")" "$(cat content.txt)" "the file in the image"
}

# expect_failure STATUS PATTERN: the last job failed so, said so, and told the step nothing.
expect_failure() {
    expect "$status" "$1" status
    expect_text "$errors" "$2"
    expect "${#exported[@]}" 0 exports
}

# engine METHOD PATH [ARGUMENT]...: asks the daemon, for what every test does several times. Docker's client takes ten
# times as long to start as curl.
engine() {
    local method=$1 path=$2
    shift 2
    curl -fsS --unix-socket "$(engine_socket)" --request "$method" "$@" "http://localhost/v1.41$path"
}

# A test may have a daemon of its own, or none.
engine_socket() {
    if [ -S "${DOCKER_HOST#unix://}" ]; then echo "${DOCKER_HOST#unix://}"; else echo "$first_engine_socket"; fi
}

# file_in_image PATH [TAG]
# Not with `docker run`, which was seen to lose what a container writes that ends at once, on a busy machine.
file_in_image() {
    local container status=0
    container=$(engine POST /containers/create --header 'Content-Type: application/json' \
        --data "{\"Image\": \"$image:${2:-$key}\", \"Cmd\": [\"true\"], \"NetworkDisabled\": true}" | jq -r .Id)
    engine GET "/containers/$container/archive?path=/$1" | tar --extract --to-stdout || status=$?
    engine DELETE "/containers/$container?force=1"
    return "$status"
}

# stage_of_image [NAME]: the stage of the Dockerfile that it was built from
stage_of_image() {
    engine GET "/images/${1:-$image:$key}/json" | jq -r '.Config.Env[]' | sed -n 's/^STAGE=//p'
}

# own_tag: what a lookup calls the image of its index where another has the tag of the key
own_tag() { query "SELECT key || '-' || substr(local_image_id, 8, 12) FROM entries WHERE key = '$key'"; }

# calls PATTERN: how many of docker's there were that match
calls() { grep -Ec -- "$1" "$docker_calls" || true; }

builds() { grep -Ec '^(buildx )?build ' "$docker_calls" || true; }

# With containerd's image store the whole list fails if another test removes one of its images meanwhile. Without a
# daemon there are none. Only those of this test: that store takes a second for the images of all.
image_identifiers() {
    local tries before after filters=''
    # A star ends at a slash.
    for before in '' '*/' '*/*/'; do
        for after in '*' '*/*'; do filters="$filters${filters:+, }\"$before$image$after\""; done
    done
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        if engine GET '/images/json?all=1' --get --data-urlencode "filters={\"reference\": [$filters]}" --no-fail \
            >"$BATS_TEST_TMPDIR/listing"; then
            if jq -e 'type == "array"' "$BATS_TEST_TMPDIR/listing" >/dev/null; then
                jq -r '.[].Id' "$BATS_TEST_TMPDIR/listing"
                return
            fi
        fi
        grep -q 'content digest' "$BATS_TEST_TMPDIR/listing" || return 0
    done
    fail "the daemon's images cannot be listed after $tries tries: $(cat "$BATS_TEST_TMPDIR/listing")"
}

# Every name of the images of this test, in the daemon. One that was pulled by its digest has no tag. With containerd's
# image store Docker lists a digest for each tag as well, with the image's id; and the list of images leaves names out.
image_names() {
    local -a addresses
    mapfile -t addresses < <(image_identifiers | sort -u | sed 's#.*#http://localhost/v1.41/images/&/json#')
    [ ${#addresses[@]} -gt 0 ] || return 0
    # One that was removed meanwhile answers with a message.
    curl -sS --unix-socket "$(engine_socket)" "${addresses[@]}" |
        jq -r 'select(.Id) | .Id as $id | (.RepoTags // []) as $tags |
            ($tags | map(sub(":[^:]*$"; ""))) as $repositories |
            $tags[], ((.RepoDigests // [])[] | select((endswith("@" + $id) and
            ((. | split("@")[0]) as $repository | $repositories | index($repository))) | not))' |
        grep -F "$image" | sort -u || true
}

# As after a `docker image prune`, or on another agent.
forget_images() {
    local -a addresses
    mapfile -t addresses < <(image_names | sed 's#.*#http://localhost/v1.41/images/&?force=1#')
    [ ${#addresses[@]} -gt 0 ] || return 0
    curl -sS --unix-socket "$(engine_socket)" --request DELETE "${addresses[@]}" >"$BATS_TEST_TMPDIR/removal"
    if jq -e 'select(type == "object" and (.message | test("No such image") | not))' \
        "$BATS_TEST_TMPDIR/removal"; then
        fail "images stay: $(cat "$BATS_TEST_TMPDIR/removal")"
    fi
}

# another_agent: a new index, and nothing of this test in the daemon.
another_agent() {
    forget_images
    use_index "$BATS_TEST_TMPDIR/index-$RANDOM/index.db"
}

# use_own_clock: the plugin's clock is ahead by as many seconds as the file `clock` says. What is linked statically
# would not see that clock.
use_own_clock() {
    clang -shared -fPIC -O1 -Wall -Werror -o "$BATS_TEST_TMPDIR/clock.so" "$BATS_TEST_DIRNAME/clock.c"
    echo 0 >"$BATS_TEST_TMPDIR/clock"
    cat >"$BATS_TEST_TMPDIR/clocked" <<CLOCKED
#!/usr/bin/env bash
export LD_PRELOAD=$BATS_TEST_TMPDIR/clock.so DOCKER_CACHE_TEST_CLOCK=$BATS_TEST_TMPDIR/clock
exec '$DOCKER_CACHE_TEST_DYNAMIC_BIN' "\$@"
CLOCKED
    chmod +x "$BATS_TEST_TMPDIR/clocked"
    DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/clocked
}

# registry_manifest REPOSITORY REFERENCE: what the registry has under that name, byte for byte: an index or the manifest
# of an image.
registry_manifest() {
    curl -fsS -H 'Accept: application/vnd.oci.image.index.v1+json' \
        -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
        -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
        -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$registry/v2/$1/manifests/$2"
}

# put_manifest REPOSITORY REFERENCE TEXT: an index or the manifest of an image, which says its own type
put_manifest() {
    curl -fsS -X PUT -H "Content-Type: $(jq -r .mediaType <<<"$3")" --data-binary "$3" \
        "http://$registry/v2/$1/manifests/$2"
}

# put_blob REPOSITORY TEXT: prints its digest and size, as a JSON object
put_blob() {
    local digest location
    digest=sha256:$(printf '%s' "$2" | sha256sum | cut -d' ' -f1)
    location=$(curl -fsS -X POST -o /dev/null -w '%header{location}' "http://$registry/v2/$1/blobs/uploads/")
    curl -fsS -X PUT -H 'Content-Type: application/octet-stream' --data-binary "$2" "$location&digest=$digest"
    jq -nc --arg digest "$digest" --argjson size "$(printf '%s' "$2" | wc -c)" '{$digest, $size}'
}

# registry_digest REPOSITORY REFERENCE
registry_digest() { printf 'sha256:%s\n' "$(registry_manifest "$1" "$2" | sha256sum | cut -d' ' -f1)"; }

# registry_tags: those of this test's repository, a line each, without those of records
registry_tags() { list_tags | grep -v -- '-record-' || true; }

# registry_records: the tags of the records in this test's repository
registry_records() { list_tags | grep -- '-record-' || true; }

list_tags() { curl -sS "http://$registry/v2/$image/tags/list" | jq -r '.tags // [] | .[]' | sort; }

leave_daemon() {
    if [ -z "${started_daemon:-}" ]; then return; fi
    services_stop_daemon
    rm -rf "$services_directory"
}

# The daemon of this test, from now on. End it with leave_daemon.
own_daemon() {
    # shellcheck source=../../script/lib/services.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/services.sh"
    # The path of a socket may have 107 bytes.
    services_directory=$(mktemp -d /tmp/dc-own.XXXXXX)
    start_docker_daemon
    ensure_base_image
}

# query SQL
query() { sqlite3 -readonly "$index" "$1"; }

# change_rows SQL: with the checksums that the rows then need
change_rows() { "$BATS_TEST_DIRNAME/../../script/lib/index_rows.py" "$index" "$1"; }
