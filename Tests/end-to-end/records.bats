#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# The records that a registry keeps for its images, and how a fresh agent uses them.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    use_registry
    export BUILDKITE_PIPELINE_SLUG=shop BUILDKITE_BRANCH=main BUILDKITE_BUILD_NUMBER=812 BUILDKITE_COMMIT=4f0c2d
}

teardown() {
    end_proxy
    end_to_end_teardown
}

# put_record TAG TEXT: puts another record under that tag
put_record() {
    local empty layer
    empty=$(put_blob "$image" '{}')
    layer=$(put_blob "$image" "$2")
    put_manifest "$image" "$1" "$(jq -nc --argjson empty "$empty" --argjson layer "$layer" '{schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        artifactType: "application/vnd.docker-cache.record.v1+json",
        config: ($empty + {mediaType: "application/vnd.oci.empty.v1+json"}),
        layers: [$layer + {mediaType: "application/vnd.docker-cache.record.v1+json"}]}')"
}

# command_line ARGUMENT...: runs a command that queries the registry, without a daemon
command_line() {
    local command=$1
    shift
    # shellcheck disable=SC2034 # $stderr is for the caller
    run --separate-stderr env DOCKER_HOST=unix:///nowhere/docker.sock "$DOCKER_CACHE_TEST_BIN" "$command" --registry \
        --image "$image" --provider registry --registry-url "$registry" --registry-insecure --index "$index" "$@"
}

# bats test_tags=core
@test "an image that is saved has a record beside it, an artifact as the specification has them" {
    option BUILD_ARGS 'GREETING=hunter2-hunter2'
    run_job
    expect_outcome miss
    expect "$(registry_records)" "cache-record-${digest:7:40}" records
    local manifest
    manifest=$(registry_manifest "$image" "$(registry_records)")
    expect "$(jq -r '.mediaType, .artifactType, .config.mediaType, .config.size, (.layers | length)' <<<"$manifest" |
        paste -sd ' ')" "$(printf '%s ' application/vnd.oci.image.manifest.v1+json \
        application/vnd.docker-cache.record.v1+json application/vnd.oci.empty.v1+json 2)1" manifest
    expect "$(record | jq -c '[.version, .image, .key, .digest, .pipeline, .branch, .commit, .build]')" \
        "[1,\"$image\",\"$key\",\"$digest\",\"shop\",\"main\",\"4f0c2d\",\"812\"]" record
    # It contains names and digests, but no content and no value.
    expect_text "$(record | jq -r .key_record | base64 --decode | tr -c '[:print:]' '\n')" 'content.txt'
    if record | jq -r .key_record | base64 --decode | grep -qa -e hunter2 -e 'content of'; then
        fail 'the record has a value or a content'
    fi
}

@test "a hit on an empty index says what it saved, and counts it" {
    run_job
    expect_outcome miss
    # As if the build had taken longer.
    put_record "cache-record-${digest:7:40}" "$(record | jq -c '.build_milliseconds = 192000')"
    another_agent
    run_job
    expect_outcome registry-hit
    expect_text "$output" 'registry hit · .* · saved about [23] min [0-9]+ s'
    expect "$(query "SELECT saved_milliseconds > 180000 FROM events")" 1 'what was saved'
    run_job
    expect_outcome local-hit
    expect_text "$output" 'local hit · .* · saved about 3 min'
}

@test "an image that is built once more from what the builder has keeps its record" {
    run_job
    expect_outcome miss
    local first attempt
    option RESTORE false
    # Layers of other tests' images may push this image's layers out of the builder's cache.
    for attempt in {1..5}; do
        first=$digest
        put_record "cache-record-${first:7:40}" "$(record | jq -c '.build_milliseconds = 192000')"
        run_job
        expect_outcome bypassed
        if [ "$digest" = "$first" ]; then break; fi
    done
    expect "$digest" "$first" "the digest of attempt $attempt"
    expect "$(record | jq -c .build_milliseconds)" 192000 record
}

@test "a record that an immutable tag keeps is as good as a new one" {
    # The legacy builder has no cache but the images, which are removed.
    only_with_buildkit
    use_proxy immutable_registry.py --except latest
    run_job
    expect_outcome miss
    local first attempt
    for attempt in {1..5}; do
        first=$digest
        curl -fsS -X DELETE "http://$registry/v2/$image/manifests/$first"
        forget_images
        run_job
        expect_outcome miss
        expect_text "$output" 'image-gone'
        if [ "$digest" = "$first" ]; then break; fi
    done
    expect "$digest" "$first" "the digest of attempt $attempt"
    expect "$(grep -c 'not its record' <<<"$output$errors")" 0 'lines about the record'
    expect_text "$(cat "$BATS_TEST_TMPDIR/proxy-log")" "PUT [^ ]*/cache-record-${digest:7:40} HTTP/1.1\" 400"
    expect "$(record | jq -r .digest)" "$digest" 'the digest in the record'
}

@test "a miss on an empty index is explained by the newest build" {
    run_job
    expect_outcome miss
    another_agent
    echo changed >>content.txt
    echo new >new.txt
    echo 'COPY new.txt /' >>Dockerfile
    export BUILDKITE_BUILD_NUMBER=813
    run_job
    expect_outcome miss
    expect_text "$output" 'Since build 812 of shop on main, .* ago:'
    # If the key covers the whole context, the Dockerfile is one of its files.
    expect_text "$output" 'Files: [12] changed, 1 added'
    expect_text "$output" 'changed content.txt'
    expect_text "$output" 'line [0-9]*: COPY new.txt /'
    run "$DOCKER_CACHE_TEST_BIN" explain --index "$index"
    expect "$status" 0 status
    expect_text "$output" 'Before it [0-9a-f]{40}, .* ago: build 812 of shop on main, as the registry says'
    expect_text "$output" 'changed content.txt'
}

# bats test_tags=extended
@test "what a record says decides nothing" {
    local wrong tag
    run_job
    expect_outcome miss
    tag=cache-record-${digest:7:40}
    for wrong in '' '{}' '[' 'null' "$(record | jq -c '.key = "0"')" "$(record | jq -c '.digest = "sha256:0"')" \
        "$(record | jq -c '.build_milliseconds = 9e300')" "$(record | jq -c '.key_record = "AAAA"')" \
        "$(record | jq -c --arg long "$(printf 'x%.0s' {1..300000})" '.branch = $long')" \
        "$(record | jq -c '.branch = "a\n--- \u001b[31m"')"; do
        put_record "$tag" "$wrong"
        another_agent
        run_job
        expect_outcome registry-hit
        expect "$errors" '' errors
    done
    put_record "$tag" "$(record | jq -c '.image = "other"')"
    another_agent
    echo changed >>content.txt
    run_job
    expect_outcome miss
    expect "$(grep -c 'Since ' <<<"$output")" 0 explanations
    # An image under the tag of a record.
    put_manifest "$image" "$tag" "$(registry_manifest "$image" "cache-$key")"
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$errors" '' errors
}

@test "a registry that keeps no artifacts costs one notice" {
    use_proxy refusing_registry.py artifacts
    run_job
    expect_outcome miss
    expect_text "$output" 'The registry keeps no records beside images'
    expect "$(grep -ci warning <<<"$errors")" 0 warnings
    expect "$(registry_records)" '' records
    echo changed >>content.txt
    run_job
    expect_outcome miss
    expect "$(grep -c 'keeps no records' <<<"$output")" 0 notices
    another_agent
    run_job
    expect_outcome registry-hit
    expect "$errors" '' errors
}

@test "a record costs five requests, and three where the repository has had one" {
    use_proxy immutable_registry.py --except latest
    run_job
    expect_outcome miss
    # The requests after the push: the query for the pushed image, the record and the fallback tag.
    local own
    # own_requests: the tool's requests after docker's own push of the manifest
    own_requests() {
        sed -n "\\|PUT /v2/$image/manifests/cache-$key |,\$p" "$BATS_TEST_TMPDIR/proxy-log" | tail -n +2 |
            grep -Ev '"(GET|HEAD|PUT) [^ ]*/manifests/(cache-'"$key"'|latest)|"GET [^ ]*/blobs/' || true
    }
    own=$(own_requests)
    [ "$(wc -l <<<"$own")" -le 5 ] || fail "$own"
    : >"$BATS_TEST_TMPDIR/proxy-log"
    echo changed >>content.txt
    run_job
    expect_outcome miss
    own=$(own_requests)
    [ "$(wc -l <<<"$own")" -le 3 ] || fail "$own"
    expect "$(registry_records | wc -l)" 2 records
    # An agent that has just started learns from the newest record that the configuration is there.
    another_agent
    : >"$BATS_TEST_TMPDIR/proxy-log"
    echo 'changed again' >>content.txt
    run_job
    expect_outcome miss
    own=$(own_requests)
    [ "$(wc -l <<<"$own")" -le 3 ] || fail "$own"
    expect "$(registry_records | wc -l)" 3 records
}

# agents_at_once [SECOND]: two agents that miss a key at the same moment. Each has its own index, and so neither sees
# the other's lock. `$first/result` and `$second/result` have the results. SECOND is added to the second agent's PATH.
agents_at_once() {
    first=$BATS_TEST_TMPDIR/first second=$BATS_TEST_TMPDIR/second
    local ours
    local -a agents=()
    mkdir "$first" "$second"
    for ours in "$first" "$second"; do
        (
            if [ "$ours" = "$second" ]; then PATH=${1:+$1:}$PATH; fi
            use_index "$ours/index.db"
            run_job
            printf '%s %s\n' "$status" "$digest" >"$ours/result"
        ) 3>&- &
        agents+=($!)
    done
    wait "${agents[@]}"
}

@test "two agents that miss a key at the same moment end with one image and its record" {
    # Both look for the image before it exists, and the second build ends after the first agent has saved its image.
    mkdir "$BATS_TEST_TMPDIR/slow"
    cat >"$BATS_TEST_TMPDIR/slow/docker" <<SLOW
#!/usr/bin/env bash
status=0
case " \$1 \${2:-} " in
    ' build '* | ' buildx build ')
        touch '$BATS_TEST_TMPDIR/second-has-missed'
        '$real_docker' "\$@" || status=\$?
        until [ -e '$BATS_TEST_TMPDIR/first/result' ]; do sleep 0.1; done
        exit "\$status"
        ;;
esac
exec '$real_docker' "\$@"
SLOW
    chmod +x "$BATS_TEST_TMPDIR/slow/docker"
    mkdir "$BATS_TEST_TMPDIR/early"
    sed -e "s|touch .*|until [ -e '$BATS_TEST_TMPDIR/second-has-missed' ]; do sleep 0.1; done|" -e '/until.*result/d' \
        "$BATS_TEST_TMPDIR/slow/docker" >"$BATS_TEST_TMPDIR/early/docker"
    chmod +x "$BATS_TEST_TMPDIR/early/docker"
    PATH=$BATS_TEST_TMPDIR/early:$PATH
    agents_at_once "$BATS_TEST_TMPDIR/slow"
    run_job
    expect_outcome registry-hit
    expect "$(cat "$first/result")" "0 $digest" 'the first agent'
    expect "$(cat "$second/result")" "0 $digest" 'the second agent'
    expect "$(registry_tags | paste -sd ' ')" "cache-$key latest" tags
    expect_text "$(registry_records)" "cache-record-${digest:7:40}"
    expect "$(record | jq -r .digest)" "$digest" 'the digest in the record'
}

@test "two agents that push at the same moment have an image each, and the tag names one that has its record" {
    agents_at_once
    expect_text "$(cat "$first/result")" '^0 sha256:'
    expect_text "$(cat "$second/result")" '^0 sha256:'
    another_agent
    run_job
    expect_outcome registry-hit
    expect_text "$(cat "$first/result" "$second/result")" "$digest"
    expect "$(registry_tags | paste -sd ' ')" "cache-$key latest" tags
    expect_text "$(registry_records)" "cache-record-${digest:7:40}"
    expect "$(record | jq -r .digest)" "$digest" 'the digest in the record'
}

# bats test_tags=extended
@test "a context of many files has a record of its directories" {
    local directory
    for directory in {1..60}; do
        mkdir -p "tree/part-$directory/of-it"
        (cd "tree/part-$directory/of-it" && touch a-file-with-a-long-name-{1..250})
    done
    printf 'COPY tree /tree\n' >>Dockerfile
    run_job
    expect_outcome miss
    [ "$(record | wc -c)" -le 262144 ] || fail "it has $(record | wc -c) bytes"
    another_agent
    echo changed >tree/part-7/of-it/a-file-with-a-long-name-3
    run_job
    expect_outcome miss
    expect_text "$output" 'Files: 1 changed'
    expect_text "$output" 'changed tree/part-7/of-it/'
}

@test "list and inspect show what the registry has, without a daemon and without an index" {
    run_job
    expect_outcome miss
    local first=$key
    echo changed >>content.txt
    export BUILDKITE_BUILD_NUMBER=813
    run_job
    expect_outcome miss
    use_index "$BATS_TEST_TMPDIR/nothing/index.db"
    command_line list
    expect "$status" 0 status
    expect "$stderr" '' stderr
    expect_text "${lines[0]}" '^KEY +BUILT +TOOK +SIZE +BUILT BY +TAG$'
    expect_text "${lines[1]}" "^${key:0:12} .* ago .* build 813 of shop on main +cache-$key\$"
    expect_text "${lines[2]}" "^${first:0:12} .* ago .* build 812 of shop on main +cache-$first\$"
    command_line list --format json
    expect "$(jq -r '[.version, .images[].key, .images[0].digest, .images[0].build] | join(" ")' <<<"$output")" \
        "1 $key $first $digest 813" json
    command_line inspect "${first:0:8}"
    expect "$status" 0 status
    expect_text "$output" "In the registry $registry/$image:cache-$first"
    expect_text "$output" 'built by   build 812 of shop on main'
    expect_text "$output" 'commit     4f0c2d'
    command_line inspect "$(tr '0-9a-f' '1-9a-f0' <<<"${first:0:12}")"
    expect "$status" 1 status
    expect_text "$stderr" 'has no image of a key'
    # An image without a record is listed from its own metadata.
    curl -fsS -X DELETE "http://$registry/v2/$image/manifests/$(registry_digest "$image" "cache-record-${digest:7:40}")"
    command_line list
    expect_text "${lines[1]}" "^${key:0:12} .* ago +- .* - +cache-$key\$"
}

# bats test_tags=extended
@test "a damaged record or image keeps no one from listing, withdrawing and gc" {
    local tag blob
    run_job
    expect_outcome miss
    tag=cache-record-${digest:7:40}
    # A record of another image, or one that is too large, is not used for this image.
    for wrong in "$(record | jq -c '.image = "other"')" "$(record | jq -c --arg long "$(printf 'x%.0s' {1..300000})" \
        '.branch = $long')"; do
        put_record "$tag" "$wrong"
        command_line list
        expect "$status" 0 status
        expect_text "${lines[1]}" "^${key:0:12} .* - +cache-$key\$"
    done
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" gc --registry --image "$image" --provider registry \
        --registry-url "$registry" --registry-insecure --index "$index" --max-age-days 30
    expect "$status" 0 status
    # An image whose configuration is gone.
    blob=$(registry_manifest "$image" "cache-$key" | jq -r '.config.digest // empty')
    [ -n "$blob" ] || skip 'with an index, the configuration is another step away'
    curl -fsS -X DELETE "http://$registry/v2/$image/blobs/$blob"
    command_line list
    expect "$status" 0 status
    expect_text "$output" "cache-$key"
    command_line forget "${key:0:8}"
    expect_text "$output" "tag $registry/$image:cache-$key: it was withdrawn"
}

@test "forget --registry leaves images of another name alone that have the same key" {
    option CACHE_KEY mine
    run_job
    expect_outcome miss
    local first=$image
    image=$image-other
    option IMAGE "$image"
    run_job
    expect_outcome miss
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" forget "${key:0:8}" --registry --image "$image" \
        --provider registry --registry-url "$registry" --registry-insecure --index "$index"
    expect "$status" 0 status
    expect "$(query 'SELECT image FROM entries')" "$first" entries
    docker image inspect --format '{{.Id}}' "$first:$key"
    docker image rm --force "$first:$key" "$registry/$first:cache-$key" >/dev/null 2>&1 || true
}

@test "forget --registry asks the image whose it is, whatever its record says" {
    local shared=$image/shared
    option CACHE_KEY mine
    option REGISTRY_REPOSITORY "$shared"
    run_job
    expect_outcome miss
    local first=$image content tag=cache-record-${digest:7:40}
    image=$shared
    content=$(record | jq -c --arg other "$first-other" '.image = $other')
    put_record "$tag" "$content"
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" forget "${key:0:8}" --registry --image "$first-other" \
        --provider registry --registry-url "$registry" --registry-repository "$shared" --registry-insecure \
        --index "$BATS_TEST_TMPDIR/nothing/index.db"
    expect "$status" 1 status
    expect_text "$stderr" 'has no image of a key'
    expect_text "$(list_tags)" "^cache-$key\$"
    image=$first
}

@test "forget --registry withdraws an image: tags, record, entry and local image" {
    run_job
    expect_outcome miss
    local bad=$digest
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" forget "${key:0:8}" --registry --image "$image" \
        --provider registry --registry-url "$registry" --registry-insecure --index "$index"
    expect "$status" 0 status
    expect_text "$output" "tag $registry/$image:cache-$key: it was withdrawn"
    expect_text "$output" "tag $registry/$image:latest: it was withdrawn"
    expect_text "$output" "tag $registry/$image:cache-record-${bad:7:40}: it was withdrawn"
    expect "$(list_tags)" '' tags
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    expect "$(image_names)" '' images
    run_job
    expect_outcome miss
    # Content that another tag needs stays, and the command reports that.
    put_manifest "$image" v1 "$(registry_manifest "$image" "cache-$key")"
    run --separate-stderr "$DOCKER_CACHE_TEST_BIN" forget "${key:0:8}" --registry --image "$image" \
        --provider registry --registry-url "$registry" --registry-insecure --index "$index"
    expect_text "$output" "tag $registry/$image:cache-$key: the tag v1 names the same image"
    expect "$status" 1 status
}
