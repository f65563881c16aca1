# shellcheck shell=bash
#
# What the stubs of providers' tools have in common. A stub stands where the real tool cannot be had. It takes the
# arguments that the real one is documented to take, in any order, and no others: whatever else it is given is noted in
# `unknown`, for which the test fails.
#
# DOCKER_CACHE_TEST_TOOLS is a directory of the test's: `calls` gets a line for each call; the other files say what
# the stub answers.
#
# shellcheck disable=SC2034

state=${DOCKER_CACHE_TEST_TOOLS:?}
tool=${0##*/}
arguments=$*
printf '%s\n' "$tool $*" >>"$state/calls"

unknown() {
    printf '%s\n' "$tool $arguments: $1" | tee -a "$state/unknown" >&2
    exit 97
}

# read_arguments FLAG... -- ARGUMENT...: sets words, which come first, and options, of which a FLAG takes no value.
read_arguments() {
    local flags=' '
    while [ "$1" != -- ]; do
        flags+="$1 "
        shift
    done
    shift
    words=''
    declare -gA options=()
    while [ $# -gt 0 ]; do
        local name=$1 value=yes
        case $name in
            --*=*)
                value=${name#*=}
                name=${name%%=*}
                ;;
            --*)
                if [[ $flags != *" $name "* ]]; then
                    [ $# -gt 1 ] || unknown "$name has no value"
                    value=$2
                    shift
                fi
                ;;
            -*) unknown "$name" ;;
            *)
                words+=${words:+ }$name
                shift
                continue
                ;;
        esac
        [ -z "${options[$name]+set}" ] || unknown "$name is given twice"
        options[$name]=$value
        shift
    done
}

# expect_options NAME=PATTERN...: these options were given, with such values, and no others.
expect_options() {
    local expected name
    [ "${#options[@]}" -eq $# ] || unknown "expected the options $*"
    for expected; do
        name=${expected%%=*}
        # A pattern is meant.
        # shellcheck disable=SC2053
        [[ ${options[$name]-} == ${expected#*=} ]] || unknown "expected $expected"
    done
}

# answer FILE: what the test put there
answer() { cat "$state/$1" 2>/dev/null || unknown "the test says nothing of $1"; }

# fail_if PROBLEM STATUS MESSAGE: if that is the trouble that the test wants
fail_if() {
    if [ "$(cat "$state/problem" 2>/dev/null)" = "$1" ]; then
        printf '%s\n' "$3" >&2
        exit "$2"
    fi
}
