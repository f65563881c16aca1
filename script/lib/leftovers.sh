# shellcheck shell=bash
#
# What processes may have left behind. Sourced by script/benchmark and by tests.

# left_processes MARK: the ids of processes that were started with a variable DOCKER_CACHE_MARK of this value. Not for a
# pipeline, whose other end would be one of them.
left_processes() {
    local directory
    for directory in /proc/[0-9]*; do
        # A process can be gone by now, and one of another user is none of ours.
        if grep -zqxF "DOCKER_CACHE_MARK=$1" "$directory/environ" 2>/dev/null; then echo "${directory#/proc/}"; fi
    done
}

# left_locks DIRECTORY: the files below it that anybody holds a lock on
left_locks() {
    local file inode
    while IFS=' ' read -r inode file; do
        if awk -v inode="$inode" '{ split($6, id, ":") } id[3] == inode { found = 1 } END { exit !found }' /proc/locks
        then
            echo "$file"
        fi
    done < <(find "$1" -type f -printf '%i %p\n')
}
