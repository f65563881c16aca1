# shellcheck shell=bash
#
# What all benchmarks need: measuring two commands in turns, and writing a section of docs/benchmarks.md. Sourced by
# script/benchmark, whose options it uses.
#
# shellcheck disable=SC2034,SC2154

say() { printf 'benchmark: %s\n' "$*" >&2; }

die() {
    printf 'benchmark: %s\n' "$*" >&2
    exit 64
}

# milliseconds COMMAND: how long it takes, in the variable `elapsed`.
milliseconds() {
    local from=${EPOCHREALTIME/[.,]/} to
    "$1"
    to=${EPOCHREALTIME/[.,]/}
    elapsed=$(((to - from) / 100))
}

median() { printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"; }

# compare PREPARATION OURS THEIRS: medians in tenths of milliseconds, in `ours` and `theirs`. The two take turns.
compare() {
    local mine=() others=() run
    for ((run = 0; run < runs; run++)); do
        "$1"
        milliseconds "$2"
        mine+=("$elapsed")
        "$1"
        milliseconds "$3"
        others+=("$elapsed")
    done
    ours=$(median "${mine[@]}")
    theirs=$(median "${others[@]}")
}

tenths() {
    local sign='' value=$1
    if [ "$value" -lt 0 ]; then sign=- value=$((-value)); fi
    printf '%s%s.%s' "$sign" $((value / 10)) $((value % 10))
}
# difference TENTHS: `1.5 ms more than` or `1.5 ms less than`
difference() {
    if [ "$1" -lt 0 ]; then
        printf '%s ms less than' "$(tenths $((-$1)))"
    else
        printf '%s ms more than' "$(tenths "$1")"
    fi
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

# The machine on which this runs, for a report.
machine() {
    local processor
    processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    printf '%s, %s, %s cores, Linux %s, %s' "$(date -u +%Y-%m-%d)" "${processor:-unknown processor}" "$(nproc)" \
        "$(uname -r)" "$(stat -f -c %T "$directory")"
}

# write_section TITLE: prints what is on standard input, and puts it into the output under that heading, instead of
# what stood there.
write_section() {
    local title=$1 text rest=''
    text=$(cat)
    printf '## %s\n\n%s\n' "$title" "$text"
    mkdir -p "$(dirname "$output")"
    if [ -e "$output" ]; then
        rest=$(awk -v heading="## $title" \
            '/^## / { skip = ($0 == heading || $0 == "## Related pages") } !skip' "$output")
    fi
    if [ -z "$rest" ]; then
        rest=$(
            cat <<'HEAD'
# Benchmarks

Speed and hit rates, as `script/benchmark` measured them. Each benchmark measures whole processes alternately, in one
run. Numbers are medians, in milliseconds unless a unit is given.

In the tables, *baseline* is the time of the command in *compared with*. *Ratio* is docker-cache divided by the
baseline: below 1, docker-cache is faster. *Limit* is the target that the project has set itself, for the ratio unless
a unit is given or there is no baseline.
HEAD
        )
    fi
    printf '%s\n\n## %s\n\n%s\n\n## Related pages\n\n%s\n' "$rest" "$title" "$text" \
        '[Keys](keys.md) · [Telemetry](telemetry.md) · [Operations](operations.md)' >"$output.new"
    mv "$output.new" "$output"
    say "written to $output"
}
