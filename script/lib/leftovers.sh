# shellcheck shell=bash
#
# Finds what processes left behind. Sourced by script/benchmark and by tests.

# left_processes MARK: the ids of processes that were started with this value of DOCKER_CACHE_MARK. Do not use it in a
# pipeline: the other end of the pipe would be one of them.
left_processes() {
    local directory
    for directory in /proc/[0-9]*; do
        # The process may have ended. A process of another user is not ours.
        if grep -zqxF "DOCKER_CACHE_MARK=$1" "$directory/environ" 2>/dev/null; then echo "${directory#/proc/}"; fi
    done
}

# left_locks DIRECTORY: the files below it on which any process holds a lock
left_locks() {
    local file inode
    while IFS=' ' read -r inode file; do
        if awk -v inode="$inode" '{ split($6, id, ":") } id[3] == inode { found = 1 } END { exit !found }' /proc/locks
        then
            echo "$file"
        fi
    done < <(find "$1" -type f -printf '%i %p\n')
}
