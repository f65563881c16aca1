#!/usr/bin/env bats
#
# The manual page and the completions are where shells and man look for them, and they work.
#
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    : "${DOCKER_CACHE_TEST_BIN:?run these tests with script/test}"
    # shellcheck source=../../script/lib/install.sh
    . "$BATS_TEST_DIRNAME/../../script/lib/install.sh"
    prefix=$BATS_TEST_TMPDIR/prefix
    install_docker_cache "$DOCKER_CACHE_TEST_BIN" "$prefix"
    export PATH=$prefix/bin:$PATH
    mkdir -p "$BATS_TEST_TMPDIR/work/services/api"
    cd "$BATS_TEST_TMPDIR/work" || return
    : >Dockerfile.web
}

@test "everything is where it is looked for, and nothing else is" {
    expect "$(cd "$prefix" && find . -type f -printf '%m %p\n' | sort -k 2)" \
        '755 ./bin/docker-cache
644 ./share/bash-completion/completions/docker-cache
644 ./share/fish/vendor_completions.d/docker-cache.fish
644 ./share/man/man1/docker-cache.1
644 ./share/zsh/site-functions/_docker-cache'
    run -0 "$prefix/bin/docker-cache" --version
}

@test "what cannot be printed replaces nothing" {
    local page=$prefix/share/man/man1/docker-cache.1 before
    before=$(cat "$page")
    run ! install_from "$page" 0644 false
    expect "$(cat "$page")" "$before"
    expect "$(find "$prefix" -name '.docker-cache.*')" ''
}

@test "without arguments, the commands are shown, and run is the first" {
    run -0 docker-cache
    expect "$(sed -n '/^SUBCOMMANDS:/{n; s/^  \([a-z]*\) .*/\1/p}' <<<"$output")" run 'the first command'
}

@test "the manual page is one that roff takes without a warning" {
    local page
    page=$(groff -man -ww -Tutf8 -P-c -P-b -P-u "$prefix/share/man/man1/docker-cache.1" 2>"$BATS_TEST_TMPDIR/warnings")
    expect "$(cat "$BATS_TEST_TMPDIR/warnings")" '' warnings
    expect_text "$page" '--registry-url'
    expect_text "$page" '^ +docker-cache run -t my-app --provider local$'
}

# bash_offers WORD...: bash's completions of the last word
bash_offers() {
    bash -c '
        . "$1"
        shift
        COMP_WORDS=(docker-cache "$@")
        COMP_CWORD=$#
        COMP_LINE="docker-cache $*"
        COMP_POINT=${#COMP_LINE}
        COMP_TYPE=9
        # There is no line editor to configure.
        compopt() { :; }
        _docker-cache docker-cache "${@: -1}" "${@: -2:1}"
        printf "%s\n" "${COMPREPLY[@]}"' bash "$prefix/share/bash-completion/completions/docker-cache" "$@" | sort
}

@test "bash completes commands, options and values" {
    expect "$(bash_offers 'do')" 'doctor'
    expect "$(bash_offers run --registry-u)" "$(printf -- '--registry-url\n--registry-username')"
    expect "$(bash_offers doctor --fi)" '--fix'
    expect "$(bash_offers run --provider a)" "$(printf 'acr\nartifactory')"
    expect "$(bash_offers run --strategy '')" "$(printf 'artifact\nbuild\nhybrid')"
    expect "$(bash_offers run --dockerfile Docker)" 'Dockerfile.web'
    expect "$(bash_offers run --context s)" 'services'
    expect "$(bash_offers run --context Docker)" ''
}

@test "fish completes commands, options and values" {
    type -P fish >/dev/null || skip "there is no fish on this machine; script/setup --with-test-services installs it"
    export HOME=$BATS_TEST_TMPDIR/home
    mkdir "$HOME"
    # fish_offers TEXT: fish's completions of the text
    # fish expands the variables.
    # shellcheck disable=SC2016
    fish_offers() {
        fish --no-config -c 'source $argv[1]; complete --do-complete $argv[2]' \
            "$prefix/share/fish/vendor_completions.d/docker-cache.fish" "$1" | cut -f 1 | sort
    }
    expect "$(fish_offers 'docker-cache do')" doctor
    expect "$(fish_offers 'docker-cache run --registry-u')" "$(printf -- '--registry-url\n--registry-username')"
    expect "$(fish_offers 'docker-cache run --provider a')" "$(printf 'acr\nartifactory')"
}

@test "zsh takes its completions" {
    type -P zsh >/dev/null || skip "there is no zsh on this machine; script/setup --with-test-services installs it"
    export HOME=$BATS_TEST_TMPDIR/home
    mkdir "$HOME"
    # Files that zsh would load by default are left out.
    # shellcheck disable=SC2016
    run -0 zsh -f -c 'fpath=($1 $fpath); autoload -Uz compinit; compinit -D -u; print -r -- $_comps[docker-cache]
        autoload +X _docker-cache && print loaded' zsh "$prefix/share/zsh/site-functions"
    expect "$output" "$(printf '_docker-cache\nloaded')"
}

@test "a fetched binary notes that it is used, and its gc removes one that is not" {
    export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
    local fetched=$XDG_CACHE_HOME/docker-cache/bin index=$BATS_TEST_TMPDIR/index.db
    mkdir -p "$fetched"/{0.1.0/aa,0.2.0/bb}
    cp "$DOCKER_CACHE_TEST_BIN" "$fetched/0.2.0/bb/docker-cache"
    cp "$DOCKER_CACHE_TEST_BIN" "$fetched/0.1.0/aa/docker-cache"
    : >Dockerfile
    "$DOCKER_CACHE_TEST_BIN" context --index "$index" >/dev/null
    find "$fetched" -exec touch --date '40 days ago' {} +
    run -0 "$fetched/0.2.0/bb/docker-cache" gc --index "$index"
    expect_text "$output" "downloaded binary $fetched/0.1.0/aa: it is no longer needed"
    expect "$(cd "$fetched" && find . -type f)" ./0.2.0/bb/docker-cache 'what is left'
    expect "$(find "$fetched" -name docker-cache -mmin -2)" "$fetched/0.2.0/bb/docker-cache" 'what was used'
}
