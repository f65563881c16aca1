# shellcheck shell=bash
#
# How long commands take that read a large index: 1,000,000 events of 90 days and 100,000 entries. Sourced by
# script/benchmark. To measure another command, add its two functions and a line `measure`.
#
# shellcheck disable=SC2034,SC2154

index=$directory/large.db

make_index() {
    [ ! -e "$index.complete" ] || return 0
    say "making an index of 1000000 events and 100000 entries"
    rm -f "$index" "$index"-*
    : >"$index"
    "$binary" stats --index "$index" >/dev/null
    python3 "$root/script/lib/made_up_index.py" "$index" --now "$(date +%s%3N)"
    : >"$index.complete"
}

nothing() { :; }

table=''

# measure WHAT COMMAND AGAINST OTHER LIMIT: milliseconds of ours and of theirs; the limit is one of ours.
measure() {
    say "measuring $1"
    compare nothing "$2" "$4"
    table+="| $1 | $3 | $(tenths "$ours") | $(tenths "$theirs") | $(ratio "$ours" "$theirs") | $5 |"$'\n'
}

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
read_entries() { sqlite3 -readonly "$index" 'SELECT * FROM entries' >/dev/null; }

make_index
measure 'stats' stats_text 'sqlite3, outcomes and reasons' count_outcomes 500
measure 'stats --format json' stats_json 'sqlite3, outcomes and reasons' count_outcomes 500
measure 'stats --format prometheus' stats_metrics 'sqlite3, outcomes and reasons' count_outcomes 500
measure 'stats --html' stats_page 'sqlite3, outcomes and reasons' count_outcomes 500
measure 'stats --since 7d' stats_since 'sqlite3, outcomes and reasons of 7 days' count_week 500
measure 'stats --by branch' stats_branch 'sqlite3, branches' count_branches ''
measure 'gc --dry-run' gc_plan 'sqlite3, all entries' read_entries 1000
measure 'list' list_entries 'sqlite3, all entries' read_entries ''

write_section 'A large index' <<REPORT
$(machine), sqlite3 $(sqlite3 --version | cut -d' ' -f1), caches warm; medians of $runs

1,000,000 events of 90 days and 100,000 entries, $(($(stat -c %s "$index") / 1000000)) MB.
The other counts in one query what stats counts in many.

| work | against | docker-cache | the other | ratio | at most (ms) |
|---|---|---:|---:|---:|---:|
$table
REPORT
