#!/usr/bin/env bats
#
# What script/release makes of the release binary, and how it gets to a machine: with script/install, and with the hooks
# in a root that has only busybox and bash. In a copy of the tree, in which script/build takes the binary that is there.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load roots

setup_file() {
    : "${DOCKER_CACHE_TEST_RELEASE:?run these tests with script/test}"
    cd "$BATS_TEST_DIRNAME/../.." || return
    export sources=$PWD tree=$BATS_FILE_TMPDIR/tree objects
    # script/build has left it, unless the binary was built elsewhere.
    objects=$(readlink --canonicalize .build/release)/docker-cache.product/Objects.LinkFileList
    [ -e "$objects" ] || return 0
    export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
    mkdir -p "$tree/.build"
    tar --create --exclude=./.build --exclude=./.git --exclude=./bin --exclude=./dist . |
        tar --extract --directory "$tree"
    ln -s "$PWD/.build/checkouts" "$(dirname "$(readlink --canonicalize .build/release)")" "$tree/.build"
    objcopy --only-keep-debug --compress-debug-sections .build/release/docker-cache "$BATS_FILE_TMPDIR/symbols"
    cat >"$tree/script/build" <<STUB
#!/usr/bin/env bash
set -e
[ "\$1 \$3" = '--output --symbols' ]
cp "\$DOCKER_CACHE_TEST_RELEASE" "\$2"
cp '$BATS_FILE_TMPDIR/symbols' "\$4"
STUB
    cat >"$tree/script/test" <<'STUB'
#!/usr/bin/env bash
[ "$*" = '--only roots' ] && "$DOCKER_CACHE_TEST_RELEASE" --version >"${0%/*}/../dist/tested"
STUB
    cd "$tree" || return
    mkdir dist
    version=$("$DOCKER_CACHE_TEST_RELEASE" --version)
    printf '\n## [%s] - 2026-12-01\n' "$version" >>CHANGELOG.md
    git init --quiet
    git add --all
    git commit --quiet --message tree
    platform=linux-$(uname -m)
    name=docker-cache-$version-$platform
    export version platform name
    script/release build "$version"
    script/release finish dist >"$BATS_FILE_TMPDIR/commands"
    git commit --quiet --all --message released
    "$sources/Tests/hooks/file_server.py" "$tree/dist" "$BATS_FILE_TMPDIR/port" "$BATS_FILE_TMPDIR/requests" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/server"
    wait_until test -e "$BATS_FILE_TMPDIR/port"
}

teardown_file() {
    if [ -e "$BATS_FILE_TMPDIR/server" ]; then kill "$(cat "$BATS_FILE_TMPDIR/server")"; fi
}

setup() {
    [ -e "$objects" ] || skip 'script/build has built nothing in this tree, so there is no list of what was linked'
    roots_setup
    archive=$tree/dist/$name.tar.gz
    bill=$tree/dist/$name.spdx.json
    binary_sum=$(sum_of "$DOCKER_CACHE_TEST_RELEASE")
}

teardown() { if [ -n "${root:-}" ]; then roots_teardown; fi; }

sum_of() { sha256sum <"$1" | cut -d' ' -f1; }

# from_archive PATH: prints a file of the archive
from_archive() { tar --extract --gzip --to-stdout --file "$archive" "$name/$1"; }

@test "the archive has the binary, the manual page, the completions and the licences" {
    expect "$(tar --list --gzip --file "$archive" | grep -v '/$' | LC_ALL=C sort)" "$name/LICENSE
$name/LICENSES-OF-LIBRARIES
$name/bin/docker-cache
$name/share/bash-completion/completions/docker-cache
$name/share/fish/vendor_completions.d/docker-cache.fish
$name/share/man/man1/docker-cache.1
$name/share/zsh/site-functions/_docker-cache"
    expect "$(tar --list --verbose --numeric-owner --gzip --file "$archive" | cut -d' ' -f1,2 | sort -u | xargs)" \
        '-rw-r--r-- 0/0 -rwxr-xr-x 0/0 drwxr-xr-x 0/0' 'modes and owners'
    expect "$(from_archive bin/docker-cache | sha256sum | cut -d' ' -f1)" "$binary_sum" 'the binary'
    expect_text "$(from_archive share/man/man1/docker-cache.1)" '^\.TH '
    diff <(from_archive share/zsh/site-functions/_docker-cache) \
        <("$DOCKER_CACHE_TEST_RELEASE" --generate-completion-script zsh)
    diff <(from_archive LICENSE) "$sources/LICENSE"
    expect "$(cat "$tree/dist/tested")" "$version" 'what was tested'
}

@test "SHA256SUMS names the archive, the bill of materials, the symbols and the versions of the packages" {
    cd "$tree/dist"
    sha256sum --check --strict --quiet SHA256SUMS
    expect "$(cut -d' ' -f3 SHA256SUMS)" "$name.resolved
$name.spdx.json
$name.symbols
$name.tar.gz"
    diff "$name.resolved" "$sources/Package.resolved"
    diff -r "v$version" . | grep -v "^Only in \.: \(tested\|v$version\)$" && fail 'other files are uploaded'
    nm "$name.symbols" | grep -q ' T DockerCache_main$'
}

@test "the bill of materials has each linked package with its version and licence, and the archive the licences" {
    local identity its_version location linked=0 licences=$BATS_TEST_TMPDIR/licences targets
    from_archive LICENSES-OF-LIBRARIES >"$licences"
    while IFS=$'\t' read -r identity its_version location; do
        location=$(basename "$location" .git)
        targets=$(cd "$sources/.build/checkouts/$location/Sources" && printf '/%s.build/\n' *)
        if ! grep -qF "$targets" "$objects"; then continue; fi
        linked=$((linked + 1))
        expect "$(jq -r --arg name "$identity" '.packages[] | select(.name == $name).versionInfo' "$bill")" \
            "$its_version" "the version of $identity"
        grep -q "^$identity: LICENSE" "$licences" || fail "the licence of $identity is not in the archive"
    done < <(
        jq -r '.pins[] | [.identity, .state.version // .state.revision, .location] | @tsv' "$sources/Package.resolved"
    )
    [ "$linked" -ge 5 ] || fail "only $linked packages are linked"
    expect "$(jq '[.relationships[] | select(.relationshipType == "STATIC_LINK")] | length' "$bill")" \
        "$(jq '.packages | length - 1' "$bill")" 'what is linked'
    expect "$(jq -r '.packages[] | select(.licenseDeclared == "NOASSERTION").name' "$bill")" '' 'without a licence'
    for identity in swift libsqlite3-dev zlib1g-dev libc6-dev gcc-12-base; do
        grep -qx "$identity" "$licences" || fail "the licence of $identity is not in the archive"
    done
    expect "$(jq -r '.packages[0] | .name, .versionInfo, .checksums[0].checksumValue, .comment' "$bill" | xargs)" \
        "docker-cache $version $binary_sum null"
}

@test "what is built with --untested says so, and is not released" {
    local untested=$BATS_TEST_TMPDIR/untested
    git clone --quiet "$tree" copy
    mkdir copy/.build
    ln -s "$tree"/.build/* copy/.build
    cp "$tree/Package.resolved" copy
    printf '#!/bin/sh\nexit 1\n' >copy/script/test
    git -C copy commit --quiet --all --message 'tests that fail'
    run -1 copy/script/release build "$version" --output "$untested"
    [ ! -e "$untested" ] || fail 'something was made'
    copy/script/release build "$version" --output "$untested" --untested
    run -1 copy/script/release finish "$untested"
    expect_text "$output" 'built with --untested'
}

@test "finish names this archive and its binary, and script/install installs it" {
    local prefix=$BATS_TEST_TMPDIR/prefix
    expect "$(sed 1,2d "$tree/lib/release")" "$platform $(sum_of "$archive") $binary_sum"
    expect_text "$(cat "$BATS_FILE_TMPDIR/commands")" "gh release create v$version .*/dist/v$version/\*$"
    "$tree/script/install" --prefix "$prefix" --from "$tree/dist/v$version"
    expect "$(sum_of "$prefix/bin/docker-cache")" "$binary_sum"
    run "$prefix/bin/docker-cache" doctor
    expect_text "$output" "^ok +plugin  .*installed by script/install; it is the released binary $version"
}

# run_hook_in_root HOOK: as run_hook does
run_hook_in_root() {
    local directory=$shared/hook hook_bash=/bin/bash plugin=$shared/plugin
    rm -rf "$directory"
    agent_script "$directory" "$1"
    sed -i "s|$shared|/shared|g" "$directory/script"
    status=0
    "$sources/script/lib/in-root" "$root" "$shared" /bin/busybox env -i "${variables[@]}" \
        /bin/sh -c 'cd /shared/checkout && exec /shared/hook/script' \
        >"$directory/output" 2>"$directory/errors" </dev/null || status=$?
    read_hook "$directory"
}

@test "the hooks fetch this archive in a root with only busybox and bash, and the job gets its image" {
    local applet kept variable built
    cp "$(test_roots_directory)/bash/bin/bash-static" "$root/bin/bash"
    for applet in $("$root/bin/busybox" --list); do
        [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
    done
    # As the agent clones it.
    git clone --quiet "$tree" "$shared/plugin"
    rm -rf "$shared/plugin/.git"
    [ ! -e "$shared/plugin/bin" ]
    sed -i "s|^url .*|url http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")/ok|" "$shared/plugin/lib/release"
    mkdir "$shared/home"
    option INDEX /shared/index.db
    variables=("${variables[@]/HOME=*/HOME=/shared/home}" BUILDKITE_BUILD_CHECKOUT_PATH=/shared/checkout)
    for variable in $(compgen -e BUILDKITE); do
        if [ "$variable" != BUILDKITE_BUILD_CHECKOUT_PATH ]; then variables+=("$variable=${!variable}"); fi
    done

    run_hook_in_root environment
    expect "$status$output$errors" 0 'environment, without a binary'
    run_hook_in_root pre-command
    expect "$status" 0 'status of the first job'
    expect_text "$output" "^docker-cache: downloading docker-cache $version for $platform from http://127"
    expect_text "$output" '^docker-cache: miss'
    built=${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]}
    expect_text "$built" "^$image:"
    docker image inspect "$built" >/dev/null
    kept=home/.cache/docker-cache/bin/$version/$binary_sum/docker-cache
    expect "$(sum_of "$shared/$kept")" "$binary_sum" 'what was fetched'

    run_hook_in_root environment
    expect "$status$errors" 0 'environment, with the binary'
    run_hook_in_root pre-command
    expect "$status" 0 'status of the second job'
    expect_text "$output" '^docker-cache: local hit'
    expect "${exported[BUILDKITE_PLUGIN_DOCKER_IMAGE]}" "$built"
    expect "$(wc -l <"$BATS_FILE_TMPDIR/requests")" 1 'downloads'
    run_in_root "/shared/$kept" doctor
    expect_text "$output" "^ok +plugin  .*downloaded by the plugin's hooks; it is the released binary $version"
}
