#!/usr/bin/env bats
#
# script/lib/plain-words, and the --help of every script.
#
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load agent

setup() {
    root=$BATS_TEST_DIRNAME/../..
    page=$BATS_TEST_TMPDIR/page.md
}

@test "each word that confuses readers is found, also across the end of a line" {
    local phrase
    for phrase in nobody somebody everybody whoever anew mends mended 'bring in' 'brings in' 'brought in' 'come to' \
        'comes to' 'came to' 'in place of' 'of use' 'what becomes of' 'what became of' 'for want of' \
        'going on without' 'what lies' 'nothing says'; do
        printf 'A line.\nSays %s, or not.\n' "$phrase" >"$page"
        run -1 "$root/script/lib/plain-words" "$page"
        expect_text "$output" "page\.md:2: instead of \"$phrase\" write: "
        printf 'A line.\n    /// Says %s\n    /// %s, or not.\n' "${phrase% *}" "${phrase##* }" >"$page"
        if [[ $phrase == *' '* ]]; then run -1 "$root/script/lib/plain-words" "$page"; fi
    done
}

@test "other words are accepted" {
    printf 'It recommends a menu. Becomes of useful size.\nThe file is in place.\nOf users, most agree.\n' >"$page"
    run -0 "$root/script/lib/plain-words" "$page"
    expect "$output" '' 'what is found'
}

@test "a file that cannot be read is an error" {
    run ! "$root/script/lib/plain-words" "$BATS_TEST_TMPDIR/missing"
    expect_text "$output" 'missing'
}

@test "the help of every script fits 80 columns" {
    local script
    for script in "$root"/script/*; do
        [ -f "$script" ] || continue
        run -0 "$script" --help
        expect "$(LC_ALL=C.UTF-8 grep -E '^.{81,}' <<<"$output")" '' "long lines of ${script##*/}"
    done
}
