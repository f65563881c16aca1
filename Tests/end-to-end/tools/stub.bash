# shellcheck shell=bash
#
# Common functions for the stubs of providers' tools. A stub is used where the real tool is not available. It accepts
# the documented arguments of the real tool, in any order, and no others. It writes unknown arguments to `unknown`, and
# the test then fails.
#
# DOCKER_CACHE_TEST_TOOLS is a directory of the test: `calls` gets a line for each call, and the other files contain the
# stub's answers.
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

# read_arguments FLAG... -- ARGUMENT...: sets words, which come first, and options. A FLAG is an option without a value.
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

# expect_options NAME=PATTERN...: expects exactly these options, with values that match.
expect_options() {
    local expected name
    [ "${#options[@]}" -eq $# ] || unknown "expected the options $*"
    for expected; do
        name=${expected%%=*}
        # The right side is a pattern.
        # shellcheck disable=SC2053
        [[ ${options[$name]-} == ${expected#*=} ]] || unknown "expected $expected"
    done
}

# answer FILE: prints the content that the test put there
answer() { cat "$state/$1" 2>/dev/null || unknown "the test says nothing of $1"; }

# fail_if PROBLEM STATUS MESSAGE: fails if the test has selected this problem
fail_if() {
    if [ "$(cat "$state/problem" 2>/dev/null)" = "$1" ]; then
        printf '%s\n' "$3" >&2
        exit "$2"
    fi
}
