#!/usr/bin/env bats
#
# script/release, in a copy of the tree. Tests/roots/release.bats tests `build`.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2164

bats_require_minimum_version 1.5.0
load agent

setup() {
    tree=$BATS_TEST_TMPDIR/tree
    made=$BATS_TEST_TMPDIR/made
    mkdir -p "$tree" "$made"
    cd "$BATS_TEST_DIRNAME/../.."
    tar --create hooks lib script plugin.yml README.md CHANGELOG.md docs LICENSE Sources/Host/ProductVersion.swift \
        .gitignore |
        tar --extract --directory "$tree"
    cd "$tree"
    version=$(sed -n 's/.*static let current = "\(.*\)"/\1/p' Sources/Host/ProductVersion.swift)
    printf '\n## [%s] - 2026-12-01\n' "$version" >>CHANGELOG.md
    export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
    git init --quiet
    git add --all
    git commit --quiet --message tree
}

# make_artefacts DIRECTORY PLATFORM [VERSION]: makes the files of `release build`, with a stub as the binary
make_artefacts() {
    local name=docker-cache-${3:-$version}-$2
    mkdir -p "$1/$name/bin"
    printf '#!/bin/sh\necho %s # %s\n' "${3:-$version}" "$2" >"$1/$name/bin/docker-cache"
    chmod +x "$1/$name/bin/docker-cache"
    binary_sum=$(sha256sum "$1/$name/bin/docker-cache" | cut -d' ' -f1)
    tar --create --gzip --file "$1/$name.tar.gz" --directory "$1" "$name"
    archive_sum=$(sha256sum "$1/$name.tar.gz" | cut -d' ' -f1)
    rm -r "${1:?}/$name"
    echo "symbols of $2" >"$1/$name.symbols"
    jq -n --arg commit "$(git rev-parse HEAD)" --arg log "${log_version:-1.0.0}" --arg sum "$binary_sum" '{packages: [
        {name: "docker-cache", sourceInfo: ("git commit " + $commit), downloadLocation: "NOASSERTION",
            checksums: [{algorithm: "SHA256", checksumValue: $sum}]},
        {name: "swift-log", versionInfo: $log, downloadLocation: "https://github.com/apple/swift-log"}]}' \
        >"$1/$name.spdx.json"
    jq -n --arg log "${log_version:-1.0.0}" --arg syntax "${syntax_version:-600.0.0}" '{pins: [
        {identity: "swift-log", state: {version: $log}}, {identity: "swift-syntax", state: {version: $syntax}},
        {identity: "swift-branch", state: {branch: "main", revision: "0123"}}]}' >"$1/$name.resolved"
    sum_artefacts "$1"
}

sum_artefacts() { (cd "$1" && sha256sum docker-cache-* >SHA256SUMS); }

# change_bill DIRECTORY FILTER: changes the bill with jq, and the checksums
change_bill() {
    local bill
    bill=$(jq "$2" "$1"/*.spdx.json)
    echo "$bill" >"$(echo "$1"/*.spdx.json)"
    sum_artefacts "$1"
}

refuses() {
    run -1 script/release "${@:2}"
    expect_text "$output" "$1"
    expect "$(git status --porcelain lib plugin.yml)" '' 'what changed'
}

@test "finish writes two checksums for each platform where the hooks read them" {
    make_artefacts "$made" "linux-$(uname -m)"
    local own
    own="linux-$(uname -m) $archive_sum $binary_sum"
    make_artefacts "$BATS_TEST_TMPDIR/other" linux-other
    run -0 script/release finish "$made" "$BATS_TEST_TMPDIR/other"
    expect "$(sed 1,2d lib/release)" \
        "$(printf '%s\n%s' "linux-other $archive_sum $binary_sum" "$own" | sort)" lib/release
    expect "$(head -n 1 lib/release)" "version $version" 'the version'
    local owner
    owner=$(cut -d/ -f1 lib/plugin-address)
    expect "$(sed -n 2p lib/release)" \
        "url https://github.com/$owner/docker-cache-buildkite-plugin/releases/download/v$version" 'the address'
    local commit="git add lib plugin.yml README.md docs && git commit --message \"Version $version is released\""
    expect "$(sed -n 's/^  //p' <<<"$output")" "$commit
git push origin HEAD
gh release create v$version --draft --target \"\$(git rev-parse HEAD)\" --title v$version $tree/dist/v$version/*
gh release edit v$version --draft=false
git fetch --tags" 'the order: the tag is made when the files can be downloaded'
    expect "$(head -n 1 plugin.yml)" "# Version $version" 'the version in plugin.yml'
    # The printed commands leave nothing uncommitted, and no page says any more that there is no release.
    eval "$(grep -o 'git add .*' <<<"$output")"
    expect "$(git status --porcelain)" '' 'what is not committed'
    expect "$(git show --format= --name-only -- lib)" $'lib/release\nlib/released-options' 'what is committed of lib'
    expect "$(cat README.md docs/*.md | grep -c 'released yet')" 0 'lines about no release'
    expect_text "$(cat README.md)" 'With a released version, there is nothing to install'
    expect_text "$(cat docs/install.md)" '^The binary is one static file'
    expect "$(cd "dist/v$version" && sha256sum --check --quiet SHA256SUMS && wc -l <SHA256SUMS)" 8 'what is uploaded'
}

@test "finish takes the directory that it made before, and leaves it whole" {
    make_artefacts "$made" "linux-$(uname -m)"
    mkdir dist
    mv "$made" "dist/v$version"
    run -0 script/release finish "dist/v$version"
    expect "$(cd "dist/v$version" && sha256sum --check --quiet SHA256SUMS && wc -l <SHA256SUMS)" 4 'what is uploaded'
}

@test "archives of another commit, or of other versions of the packages, are refused" {
    make_artefacts "$made" "linux-$(uname -m)"
    log_version=1.0.1 make_artefacts "$BATS_TEST_TMPDIR/other" linux-other
    refuses 'swift-log: 1\.0\.0 in .*, 1\.0\.1 in ' finish "$made" "$BATS_TEST_TMPDIR/other"
    # Also of a package that is not linked.
    rm -r "$BATS_TEST_TMPDIR/other"
    syntax_version=601.0.0 make_artefacts "$BATS_TEST_TMPDIR/other" linux-other
    refuses 'swift-syntax: 600\.0\.0 in .*, 601\.0\.0 in ' finish "$made" "$BATS_TEST_TMPDIR/other"
    # And where the bill differs from what was resolved.
    change_bill "$made" '.packages[1].versionInfo = "1.0.2"'
    refuses 'swift-log: 1\.0\.0 in .*\.resolved, 1\.0\.2 in .*\.spdx\.json' finish "$made"
    rm "$made"/*
    make_artefacts "$made" "linux-$(uname -m)"
    git commit --quiet --allow-empty --message another
    refuses "built from git commit [0-9a-f]{40}, not from git commit $(git rev-parse HEAD)" finish "$made"
}

@test "artefacts without a file, and two of one platform, are refused" {
    local suffix
    for suffix in spdx.json symbols resolved; do
        make_artefacts "$made" "linux-$(uname -m)"
        rm "$made"/*".$suffix"
        sum_artefacts "$made"
        refuses "has no docker-cache-.*\.$suffix" finish "$made"
    done
    make_artefacts "$made" "linux-$(uname -m)"
    make_artefacts "$BATS_TEST_TMPDIR/other" "linux-$(uname -m)"
    refuses "there are two archives for linux-$(uname -m)" finish "$made" "$BATS_TEST_TMPDIR/other"
}

@test "a binary that is not the one of the bill, and one that was not tested, are refused" {
    make_artefacts "$made" "linux-$(uname -m)"
    change_bill "$made" '.packages[0].checksums[0].checksumValue = "0123"'
    refuses "describes a binary with 0123, and the archive has $binary_sum" finish "$made"
    make_artefacts "$made" "linux-$(uname -m)"
    change_bill "$made" '.packages[0].comment = "untested"'
    refuses 'built with --untested' finish "$made"
}

@test "between releases, it is known which options the released binary lacks" {
    local root=$BATS_TEST_DIRNAME/../..
    if [ -e "$root/lib/released-options" ]; then
        local now=$BATS_TEST_TMPDIR/now
        "$root/script/lib/plugin-options" "$root/plugin.yml" >"$now"
        echo "# the released binary lacks: $(LC_ALL=C comm -13 "$root/lib/released-options" "$now" | tr '\n' ' ')" >&3
        expect "$(LC_ALL=C comm -23 "$root/lib/released-options" "$now")" '' 'options that only the release has'
    else
        echo '# nothing has been released' >&3
    fi
    make_artefacts "$made" "linux-$(uname -m)"
    run -0 script/release finish "$made"
    expect_text "$(cat lib/released-options)" '^ecr.region$'
    expect "$(wc -l <lib/released-options)" "$(script/lib/plugin-options plugin.yml | wc -l)" 'options'
}

@test "a version that the changelog does not describe is not released" {
    make_artefacts "$made" "linux-$(uname -m)"
    sed -i '/^## \[0/d' CHANGELOG.md
    git commit --quiet --all --message 'without the version'
    refuses "CHANGELOG.md has no heading \"## \[$version\]\"" finish "$made"
}

@test "what is in no commit is not released" {
    make_artefacts "$made" "linux-$(uname -m)"
    echo more >>README.md
    refuses 'not everything is committed' finish "$made"
    refuses 'README.md' build "$version"
}

@test "artefacts that are damaged, of another version or not there are refused" {
    refuses 'no SHA256SUMS' finish "$made"
    make_artefacts "$made" "linux-$(uname -m)" 9.9.9
    refuses "no archive of version $version" finish "$made"
    rm "$made"/*
    make_artefacts "$made" "linux-$(uname -m)"
    echo damaged >>"$made/docker-cache-$version-linux-$(uname -m).tar.gz"
    refuses 'other files than its SHA256SUMS says' finish "$made"
}

@test "finish writes the version to plugin.yml, which stays as it was otherwise" {
    sed -i 's/^# Version .*/# Version 0.0.9/' plugin.yml
    git commit --quiet --all --message 'another version in plugin.yml'
    make_artefacts "$made" "linux-$(uname -m)"
    run -0 script/release finish "$made"
    diff "$BATS_TEST_DIRNAME/../../plugin.yml" plugin.yml
}

@test "a version that the sources do not have is not built" {
    refuses "sources have the version $version" build 9.9.9
    run -64 script/release build
    run -64 script/release ship
}
