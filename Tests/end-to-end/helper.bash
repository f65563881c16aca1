# shellcheck shell=bash
#
# For tests with a real daemon, a real registry and the real hooks. script/test starts the services and passes their
# addresses. Every test gets its own home, index, checkout and image names, and its images are removed at the end. The
# tests use the variables that are set here.
# shellcheck disable=SC2034,SC2154

load ../hooks/agent

end_to_end_setup() {
    : "${DOCKER_CACHE_TEST_BIN:?run these tests with script/test}" "${DOCKER_CACHE_TEST_REGISTRY:?}"
    forget_job
    unset XDG_CACHE_HOME DOCKER_DEFAULT_PLATFORM
    export DOCKER_CACHE_BIN=$DOCKER_CACHE_TEST_BIN
    export HOME=$BATS_TEST_TMPDIR/home
    export DOCKER_CONFIG=$HOME/.docker
    # Its own directory, because a test with its clock ahead considers every temporary directory that it finds old.
    export TMPDIR=$BATS_TEST_TMPDIR/temporary
    mkdir -p "$HOME" "$TMPDIR"
    docker_configuration "$DOCKER_CONFIG"
    image=docker-cache-test/e2e-$$-$BATS_SUITE_TEST_NUMBER-$RANDOM
    registry=$DOCKER_CACHE_TEST_REGISTRY

    # Set only once: when a test is set up again, it has another PATH, and a test without a daemon has another host.
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

# docker_configuration DIRECTORY: makes an empty configuration with the client's plugins
docker_configuration() {
    mkdir -p "$1"
    ln -sfn "${DOCKER_CACHE_TEST_CLI_PLUGINS:?}" "$1/cli-plugins"
}

end_to_end_teardown() {
    rm -f "$BATS_TEST_TMPDIR/hold"
    if [ -n "${image:-}" ]; then forget_images; fi
}

# The kind of Docker under test: see script/lib/docker-kinds.sh.
kind=${DOCKER_CACHE_TEST_DOCKER_KIND:-}

# only_on WHY KIND...: skips the test unless the kind matches one of these patterns.
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

# The client for the tests' own calls, which are not logged.
docker() { "$real_docker" "$@"; }

# Puts a docker on PATH that logs its arguments, one line per process, and then runs the real one. A build waits while
# the file `hold` exists, so that a test controls how long it takes. The build's status is logged too. Pulls and pushes
# over the Engine's API are logged as the equivalent commands.
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
    # Different in every test, so that no layer of another build can be used for this one.
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

# use_proxy SCRIPT [ARGUMENT]...: puts one of the fake registries in front of the registry, with its log in `proxy-log`.
# End it with end_proxy.
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

# Runs both hooks, as one job does.
run_job() {
    run_hook environment
    if [ "$status" -eq 0 ]; then run_hook pre-command; fi
    key=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_KEY]:-}
    digest=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_DIGEST]:-}
}

# expect_outcome OUTCOME [TAG]: expects that the last job succeeded with this outcome and exported it, and that the
# image exists with this tag, or the key as its tag.
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

# expect_isolated OUTCOME: expects the same, with an image that does not have the shared name of its key, because an
# untrusted build named it
expect_isolated() {
    local tag=${exported[BUILDKITE_PLUGIN_DOCKER_CACHE_EXPORT_TAG]:-}
    [[ $tag =~ ^$key-t?[0-9a-f]{12}$ ]] || fail "the tag is $tag"
    expect_outcome "$1" "$tag"
}

# expect_no_warning: expects no warning from us. A daemon may print its own.
expect_no_warning() {
    local found
    found=$(grep -iE 'warning|could not|denied' <<<"$errors" | grep -vE 'IPv4 forwarding|legacy builder' || true)
    expect "$found" '' warnings
}

# expect_failure STATUS PATTERN: expects that the last job failed with this status and message, without exports.
expect_failure() {
    expect "$status" "$1" status
    expect_text "$errors" "$2"
    expect "${#exported[@]}" 0 exports
}

# engine METHOD PATH [ARGUMENT]...: sends the requests that every test needs several times. Docker's client takes ten
# times as long to start as curl.
engine() {
    local method=$1 path=$2
    shift 2
    curl -fsS --unix-socket "$(engine_socket)" --request "$method" "$@" "http://localhost/v1.41$path"
}

# A test may have its own daemon, or none.
engine_socket() {
    if [ -S "${DOCKER_HOST#unix://}" ]; then echo "${DOCKER_HOST#unix://}"; else echo "$first_engine_socket"; fi
}

# file_in_image PATH [TAG]
# Not with `docker run`, which on a busy machine can lose the output of a container that ends at once.
file_in_image() {
    local container status=0
    container=$(engine POST /containers/create --header 'Content-Type: application/json' \
        --data "{\"Image\": \"$image:${2:-$key}\", \"Cmd\": [\"true\"], \"NetworkDisabled\": true}" | jq -r .Id)
    engine GET "/containers/$container/archive?path=/$1" | tar --extract --to-stdout || status=$?
    engine DELETE "/containers/$container?force=1"
    return "$status"
}

# stage_of_image [NAME]: the stage of the Dockerfile from which it was built
stage_of_image() {
    engine GET "/images/${1:-$image:$key}/json" | jq -r '.Config.Env[]' | sed -n 's/^STAGE=//p'
}

# own_tag: the tag that a lookup gives its index's image if another image has the tag of the key
own_tag() { query "SELECT key || '-' || substr(local_image_id, 8, 12) FROM entries WHERE key = '$key'"; }

# calls PATTERN: the number of docker's calls that match
calls() { grep -Ec -- "$1" "$docker_calls" || true; }

builds() { grep -Ec '^(buildx )?build ' "$docker_calls" || true; }

# The ids of this test's images; none without a daemon. containerd's image store takes a second for the images of all
# tests, and its list fails if another test removes one of its images meanwhile.
image_identifiers() {
    local tries before after filters=''
    # A star does not match a slash.
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

# Every name of this test's images in the daemon. An image that was pulled by digest has no tag. With containerd's image
# store, Docker also lists a digest for each tag, with the image's id, and its list of images leaves out names.
image_names() {
    local -a addresses
    mapfile -t addresses < <(image_identifiers | sort -u | sed 's#.*#http://localhost/v1.41/images/&/json#')
    [ ${#addresses[@]} -gt 0 ] || return 0
    # An image that was removed meanwhile gives a message.
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

# another_agent: uses a new index, and removes everything of this test from the daemon.
another_agent() {
    forget_images
    use_index "$BATS_TEST_TMPDIR/index-$RANDOM/index.db"
}

# use_own_clock: sets the plugin's clock ahead by the seconds in the file `clock`. A static executable would ignore it.
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

# registry_manifest REPOSITORY REFERENCE: the registry's content under that name, byte for byte: an index or a manifest.
registry_manifest() {
    curl -fsS -H 'Accept: application/vnd.oci.image.index.v1+json' \
        -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' \
        -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
        -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' "http://$registry/v2/$1/manifests/$2"
}

# put_manifest REPOSITORY REFERENCE TEXT: uploads an index or an image manifest, which contains its own type
put_manifest() {
    curl -fsS -X PUT -H "Content-Type: $(jq -r .mediaType <<<"$3")" --data-binary "$3" \
        "http://$registry/v2/$1/manifests/$2"
}

# put_blob REPOSITORY TEXT: uploads a blob and prints its digest and size, as a JSON object
put_blob() {
    local digest location
    digest=sha256:$(printf '%s' "$2" | sha256sum | cut -d' ' -f1)
    location=$(curl -fsS -X POST -o /dev/null -w '%header{location}' "http://$registry/v2/$1/blobs/uploads/")
    curl -fsS -X PUT -H 'Content-Type: application/octet-stream' --data-binary "$2" "$location&digest=$digest"
    jq -nc --arg digest "$digest" --argjson size "$(printf '%s' "$2" | wc -c)" '{$digest, $size}'
}

# put_foreign_image TIME: puts an image of the last key, built at that time and only for another platform, under the
# key's tag: an index. Its manifest has the tag `other`.
put_foreign_image() {
    local configuration manifest
    configuration=$(put_blob "$image" "$(jq -nc --arg key "$key" --arg image "$image" --arg time "$1" '{os: "linux",
        architecture: "s390x", config: {Labels: {"io.docker-cache.key": $key, "io.docker-cache.image": $image,
        "io.docker-cache.built-at": $time}}}')")
    manifest=$(jq -nc --argjson configuration "$configuration" '{schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: ($configuration + {mediaType: "application/vnd.oci.image.config.v1+json"}), layers: []}')
    put_manifest "$image" other "$manifest"
    put_manifest "$image" "cache-$key" "$(jq -nc --arg digest "$(registry_digest "$image" other)" \
        --argjson size "$(printf '%s' "$manifest" | wc -c)" '{schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json", manifests: [{platform: {os: "linux",
        architecture: "s390x"}, mediaType: "application/vnd.oci.image.manifest.v1+json", $digest, $size}]}')"
}

# record: the content of the record of the last image
record() {
    curl -fsS "http://$registry/v2/$image/blobs/$(
        registry_manifest "$image" "cache-record-${digest:7:40}" | jq -r '.layers[0].digest'
    )"
}

# registry_digest REPOSITORY REFERENCE
registry_digest() { printf 'sha256:%s\n' "$(registry_manifest "$1" "$2" | sha256sum | cut -d' ' -f1)"; }

# registry_tags: the tags of this test's repository, one per line, without those of records
registry_tags() { list_tags | grep -v -- '-record-' || true; }

# registry_records: the tags of the records in this test's repository
registry_records() { list_tags | grep -- '-record-' || true; }

list_tags() { curl -sS "http://$registry/v2/$image/tags/list" | jq -r '.tags // [] | .[]' | sort; }

leave_daemon() {
    if [ -z "${started_daemon:-}" ]; then return; fi
    services_stop_daemon
    rm -rf "$services_directory"
}

# Starts a daemon for this test, used from now on. End it with leave_daemon. There can be another one after that.
own_daemon() {
    if ! declare -F start_docker_daemon >/dev/null; then
        # shellcheck source=../../script/lib/services.sh
        . "$BATS_TEST_DIRNAME/../../script/lib/services.sh"
    fi
    # A socket path is limited to 107 bytes.
    services_directory=$(mktemp -d /tmp/dc-own.XXXXXX)
    start_docker_daemon
    ensure_base_image
}

# query SQL
query() { sqlite3 -readonly "$index" "$1"; }

# change_rows SQL: changes rows and gives them valid checksums
change_rows() { "$BATS_TEST_DIRNAME/../../script/lib/index_rows.py" "$index" "$1"; }
