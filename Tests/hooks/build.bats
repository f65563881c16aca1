#!/usr/bin/env bats
#
# What script/build checks, in a copy of the tree, with a stub as the compiler. Its product is the file in STUB_PRODUCT.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2164

bats_require_minimum_version 1.5.0
load agent

setup() {
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/bin" "$BATS_TEST_TMPDIR/product" "$BATS_TEST_TMPDIR/path"
    cp -R "$plugin/script" "$tree"
    printf '#!/bin/sh\n' >"$tree/script/setup"
    cat >"$BATS_TEST_TMPDIR/path/swift" <<STUB
#!/bin/sh
case "\$*" in
    -print-target-info) echo '    "runtimeResourcePath": "$BATS_TEST_TMPDIR/toolchain/lib/swift",' ;;
    *--show-bin-path) echo '$BATS_TEST_TMPDIR/product' ;;
esac
STUB
    chmod +x "$BATS_TEST_TMPDIR/path/swift"
    compiler=$(type -P cc || type -P clang)
    ln -s "$compiler" "$BATS_TEST_TMPDIR/path/cc"
    export PATH=$BATS_TEST_TMPDIR/path:$PATH
    echo old >"$tree/bin/docker-cache"
    echo old >"$tree/symbols"
}

# product ARGUMENT...: compiles a program that ends with 0, or with the status in STATUS
product() {
    printf 'int main(void) { return %s; }\n' "${STATUS:-0}" |
        "$compiler" -x c - -o "$BATS_TEST_TMPDIR/product/docker-cache" "$@"
}

# refuses PATTERN: nothing changes
refuses() {
    run -1 "$tree/script/build" --symbols "$tree/symbols"
    expect_text "$output" "^build: $1"
    expect "$(cat "$tree/bin/docker-cache" "$tree/symbols")" $'old\nold' 'what was built before'
    expect "$(ls -A "$tree/bin")" docker-cache 'what is left'
}

@test "a static executable is taken, without its symbols" {
    product -static -no-pie -g
    run -0 "$tree/script/build" --symbols "$tree/symbols"
    expect_text "$output" "^build: $tree/bin/docker-cache \([0-9.]+ MiB, static\)$"
    "$tree/bin/docker-cache"
    expect_text "$(nm "$tree/bin/docker-cache" 2>&1)" 'no symbols'
    expect_text "$(nm "$tree/symbols")" ' T main$'
    expect "$(stat -c %a "$tree/bin/docker-cache" "$tree/symbols" | xargs)" '755 644' modes
}

@test "--install puts it in the place of a released binary, whose checksum is no longer there" {
    local prefix=$BATS_TEST_TMPDIR/prefix
    product -static -no-pie
    mkdir -p "$prefix/share/docker-cache"
    : >"$prefix/share/docker-cache/release"
    run -0 "$tree/script/build" --install "$prefix"
    "$prefix/bin/docker-cache"
    [ -e "$prefix/share/man/man1/docker-cache.1" ]
    [ ! -e "$prefix/share/docker-cache/release" ] || fail 'the checksum is still there'
    expect "$(cat "$tree/bin/docker-cache")" old "the plugin's own binary"
}

@test "what needs another library, a loader or an address of its own is not static, and replaces nothing" {
    cp /bin/ls "$BATS_TEST_TMPDIR/product/docker-cache"
    refuses 'the binary is not static: it needs (.* )?libc\.so\.6'
    product -static-pie
    refuses 'the binary has no fixed addresses \(EXEC\)'
}

@test "what is too large, and what does not run, replaces nothing" {
    STATUS=3 product -static -no-pie
    refuses 'the binary does not run: .* --help ended with status 3'
    product -static -no-pie
    truncate --size 38M "$BATS_TEST_TMPDIR/more"
    objcopy --add-section .more="$BATS_TEST_TMPDIR/more" "$BATS_TEST_TMPDIR/product/docker-cache"
    refuses 'the binary has [0-9]+ bytes, more than 37 MiB'
}

@test "a static library that is missing is named, with its package" {
    local name
    product -static -no-pie
    for name in cc gcc; do
        rm -f "$BATS_TEST_TMPDIR/path/$name"
        # The stub's shell expands the dollar signs.
        # shellcheck disable=SC2016
        printf '#!/bin/sh\ncase $1 in *=libz.a) echo libz.a ;; *=*) echo "/usr/lib/${1#*=}" ;; esac\n' \
            >"$BATS_TEST_TMPDIR/path/$name"
        chmod +x "$BATS_TEST_TMPDIR/path/$name"
    done
    refuses "libz\.a is missing\. Debian's zlib1g-dev has it: apt-get install zlib1g-dev"
}
