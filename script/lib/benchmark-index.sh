# shellcheck shell=bash
#
# How long commands take with a large index, and how much memory: 1,000,000 events of 90 days, 100,000 entries and
# 2,000,000 records of files. Sourced by script/benchmark. To measure another command, add its two functions and a line
# `measure`.
#
# shellcheck disable=SC2034,SC2154

services_caller=benchmark
# shellcheck source=services.sh
. "$root/script/lib/services.sh"
services_begin
trap 'forget_images; services_end; if [ -n "$made_directory" ]; then rm -rf "$directory"; fi' EXIT

index=$directory/large.db
empty=$directory/empty.db
image=docker-cache-benchmark/index
most_memory=150

forget_images() {
    docker images --quiet --filter "reference=$image-*" |
        xargs --no-run-if-empty docker image rm --force >/dev/null || true
}

make_index() {
    rm -f "$empty" "$empty"-*
    : >"$empty"
    "$binary" stats --index "$empty" >/dev/null
    [ ! -e "$index.complete" ] || return 0
    say "making an index of 1000000 events, 100000 entries and 2000000 records of files"
    rm -f "$index" "$index"-*
    : >"$index"
    "$binary" stats --index "$index" >/dev/null
    python3 "$root/script/lib/made_up_index.py" "$index" --files 2000000 --now "$(date +%s%3N)"
    : >"$index.complete"
}

nothing() { :; }

table=''

# measure WHAT COMMAND COMPARED BASELINE LIMIT: milliseconds of ours and of the baseline; the limit is for ours.
measure() {
    say "measuring $1"
    compare nothing "$2" "$4"
    table+="| $1 | $3 | $(tenths "$ours") | $(tenths "$theirs") | $(ratio "$ours" "$theirs") | $5 |"$'\n'
}

# hit INDEX: a lookup whose image is there. Each index has an image of its own.
hit() {
    "$binary" run --provider local --image "$image-$(basename "$1" .db)" --index "$1" >"$directory/log" 2>&1 ||
        die "a lookup failed: $(tail -n 3 "$directory/log")"
}
hit_large() { hit "$index"; }
hit_empty() { hit "$empty"; }
# prepare_hit INDEX
prepare_hit() {
    hit "$1"
    # Hashes are kept of files that have rested for two seconds.
    sleep 3
    hit "$1"
    hit "$1"
    grep -q 'local hit' "$directory/log" || die "it does not hit: $(tail -n 1 "$directory/log")"
}

memory=''

# remember WHAT COMMAND ARGUMENT…: the most memory that it has at once, in MiB.
remember() {
    local what=$1
    shift
    say "measuring the memory of $what"
    # What it cannot do without Docker is not what is measured.
    /usr/bin/time --quiet -f '%M' -o "$directory/peak" "$@" >/dev/null 2>&1 || true
    peak=$(($(tail -n 1 "$directory/peak") / 1024))
    memory+="| $what | $peak | $most_memory |"$'\n'
    [ "$peak" -le "$most_memory" ] || too_much+=("$what: $peak MiB")
}
too_much=()

stats_text() { "$binary" stats --index "$index" >/dev/null; }
stats_json() { "$binary" stats --index "$index" --format json >/dev/null; }
stats_since() { "$binary" stats --index "$index" --since 7d >/dev/null; }
stats_metrics() { "$binary" stats --index "$index" --format prometheus >/dev/null; }
stats_page() { "$binary" stats --index "$index" --html "$directory/page.html"; }
stats_branch() { "$binary" stats --index "$index" --by branch >/dev/null; }

count_outcomes() {
    sqlite3 -readonly "$index" \
        'SELECT outcome, reason, count(*), sum(saved_milliseconds), sum(image_bytes)
        FROM events GROUP BY 1, 2' >/dev/null
}
count_week() {
    sqlite3 -readonly "$index" "SELECT outcome, reason, count(*), sum(saved_milliseconds), sum(image_bytes) FROM events
        WHERE at >= (strftime('%s') - 604800) * 1000 GROUP BY 1, 2" >/dev/null
}
count_branches() {
    sqlite3 -readonly "$index" 'SELECT branch, count(*), sum(saved_milliseconds) FROM events GROUP BY 1' >/dev/null
}

gc_plan() { "$binary" gc --dry-run --index "$index" >/dev/null; }
list_entries() { "$binary" list --index "$index" >/dev/null; }
doctor() { "$binary" doctor --index "$index" >/dev/null 2>&1 || true; }
read_entries() { sqlite3 -readonly "$index" 'SELECT * FROM entries' >/dev/null; }

make_index
measure 'stats' stats_text 'sqlite3, outcomes and reasons' count_outcomes '500 ms'
measure 'stats --format json' stats_json 'sqlite3, outcomes and reasons' count_outcomes '500 ms'
measure 'stats --format prometheus' stats_metrics 'sqlite3, outcomes and reasons' count_outcomes '500 ms'
measure 'stats --html' stats_page 'sqlite3, outcomes and reasons' count_outcomes '500 ms'
measure 'stats --since 7d' stats_since 'sqlite3, outcomes and reasons of 7 days' count_week '500 ms'
measure 'stats --by branch' stats_branch 'sqlite3, branches' count_branches ''
measure 'gc --dry-run' gc_plan 'sqlite3, all entries' read_entries '1000 ms'
measure 'list' list_entries 'sqlite3, all entries' read_entries ''


# The lookup of a pipeline, and one outside of any, which counts the lookups of all.
use_docker_kind "$docker" || die "script/setup --with-test-services installs Docker of the kind $docker"
start_docker_daemon
ensure_base_image
mkdir -p "$directory/context"
cd "$directory/context" || exit
printf 'FROM %s\nCOPY file /\n' "$base_image" >Dockerfile
echo content >file
unset BUILDKITE_PIPELINE_SLUG
prepare_hit "$empty"
prepare_hit "$index"
more_runs=$runs
runs=$((runs * 5))
measure 'a hit' hit_large 'the same with an empty index' hit_empty '1.1 times'
export BUILDKITE_PIPELINE_SLUG=pipeline-3
measure 'a hit in a pipeline' hit_large 'the same with an empty index' hit_empty '1.1 times'
unset BUILDKITE_PIPELINE_SLUG
runs=$more_runs
measure 'doctor' doctor 'list' list_entries '3 times'

expired=$directory/expired.db
cp "$index" "$expired"
python3 "$root/script/lib/index_rows.py" "$expired" \
    'UPDATE entries SET local_image_id = NULL, built_at = 1, last_used_at = 1'
sqlite3 "$expired" 'UPDATE events SET at = 1'
remember 'list' "$binary" list --index "$index"
remember 'list --format json' "$binary" list --index "$index" --format json
remember 'stats --format json' "$binary" stats --index "$index" --format json
remember 'stats --format prometheus' "$binary" stats --index "$index" --format prometheus
remember 'stats --by branch' "$binary" stats --index "$index" --by branch
remember 'stats --html' "$binary" stats --index "$index" --html "$directory/page.html"
remember 'doctor' "$binary" doctor --index "$index"
remember 'gc --dry-run' "$binary" gc --dry-run --index "$index"
remember 'gc --dry-run of 100,000 expired entries' "$binary" gc --dry-run --index "$expired"
remember 'gc --dry-run of them, --format json' "$binary" gc --dry-run --format json --index "$expired"
remember 'gc of them and of 1,000,000 events' "$binary" gc --index "$expired"
remember 'run, a hit' "$binary" run --provider local --image "$image-large" --index "$index"
rm -f "$expired" "$expired"-*

write_section 'A large index' <<REPORT
$(machine), sqlite3 $(sqlite3 --version | cut -d' ' -f1), caches warm; medians of $runs

1,000,000 events of 90 days, 100,000 entries and 2,000,000 records of files, $(($(stat -c %s "$index") / 1000000)) MB.
The baseline computes some of the same numbers with one query over the events.

| work | compared with | docker-cache | baseline | ratio | limit |
|---|---|---:|---:|---:|---:|
$table
| command | peak memory, MiB | limit |
|---|---:|---:|
$memory
REPORT
[ ${#too_much[@]} -eq 0 ] || die "more memory than $most_memory MiB: ${too_much[*]}"
