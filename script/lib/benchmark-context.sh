# shellcheck shell=bash
#
# How long the key of a context takes. Sourced by script/benchmark.
#
# shellcheck disable=SC2034,SC2154

# shellcheck source=benchmark-tree.sh
. "$root/script/lib/benchmark-tree.sh"

index=$directory/index.db

key() { "$binary" key --context . --index "$index" >/dev/null 2>&1; }
git_status() { git status --porcelain >/dev/null; }
sum_all() {
    find . -name .git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum >/dev/null
}
nothing() { :; }
# A change is noticed by its time, and a file that was written within the last 20 ms is given that long to rest.
change_one() {
    printf '%s' "$RANDOM" >>part-0/group-0/file-00
    sleep 0.1
}
forget() { rm -f "$index" "$index"-*; }

table=''
row() { table+="| $1 | $2 | $3 | $4 | $5 | $6 |"$'\n'; }

peak_memory() {
    if [ -x /usr/bin/time ]; then
        /usr/bin/time -f %M "$binary" key --context . --index "$index" 2>&1 >/dev/null | tail -n 1
    fi
}

measure() {
    local files=$1 limit
    make_tree "$files"
    cd "$directory/tree-$files" || exit
    forget
    say "measuring $files files"
    compare forget key sum_all
    limit=''
    [ "$files" -ne 100000 ] || limit=0.5
    row "$files files, first time" "find, sort, sha256sum" "$(tenths "$ours")" "$(tenths "$theirs")" \
        "$(ratio "$ours" "$theirs")" "$limit"
    # Hashes are kept of files that have rested for two seconds.
    sleep 3
    key
    git_status
    compare nothing key git_status
    [ "$files" -ne 100000 ] || limit=0.8
    row "$files files, nothing changed" "git status" "$(tenths "$ours")" "$(tenths "$theirs")" \
        "$(ratio "$ours" "$theirs")" "$limit"
    unchanged=$ours
    compare change_one key git_status
    [ "$files" -ne 100000 ] || limit=0.85
    row "$files files, one changed" "git status" "$(tenths "$ours")" "$(tenths "$theirs")" \
        "$(ratio "$ours" "$theirs")" "$limit"
    note_size "$files" 80
}

note_size() {
    local memory
    memory=$(peak_memory)
    if [ -n "$memory" ]; then
        row "$1 files, peak memory in MiB" "" "$((memory / 1024))" "" "" "$([ "$1" -lt 100000 ] || echo "$2")"
    fi
    row "$1 files, index in bytes a file" "" "$(($(stat -c %s "$index") / $1))" "" "" 200
}

measure 1000
measure 10000
measure 100000
if [ -n "$large" ]; then
    ten_times=$((unchanged * 10))
    make_tree 1000000
    cd "$directory/tree-1000000" || exit
    forget
    say "measuring 1000000 files"
    key
    sleep 3
    key
    compare nothing key nothing
    row "1000000 files, nothing changed" "10 times 100000 files" "$(tenths "$ours")" "$(tenths "$ten_times")" \
        "$(ratio "$ours" "$ten_times")" 1.2
    note_size 1000000 500
fi

write_section 'The key of a context' <<REPORT
$(machine), $(git --version), caches warm; medians of $runs

| work | compared with | docker-cache | baseline | ratio | limit |
|---|---|---:|---:|---:|---:|
$table
REPORT
