# shellcheck shell=bash
#
# Functions for pre-command, which sources this file in a subshell if find-binary.bash found no binary. They fetch the
# binary that lib/release names, and store it where the next job finds it. Bash 3.2.
# find-binary.bash sets variables that shellcheck does not see.
# shellcheck disable=SC2154

# shellcheck source=download.bash
. "$docker_cache_lib/download.bash"

# A directory that is removed when the subshell ends.
fetch_work=''

fetch_say() { printf 'docker-cache: %s\n' "$*"; }

# fetch_fail PROBLEM
# Prints one message, and what can be done about the problem. For a wrong variable, the message says it.
fetch_fail() {
    fetch_say "error: $1" >&2
    if [ "$fetch_kind" = configuration ]; then return 64; fi
    if [ -n "${docker_cache_other:-}" ]; then
        echo "$docker_cache_other, is not used: the plugin's version is ${docker_cache_plugin:-unknown}." >&2
    fi
    {
        echo "To fix this, do one of these (see docs/install.md):"
        if [ -n "${fetch_url:-}" ]; then
            echo "  - Set DOCKER_CACHE_DOWNLOAD_URL, in the agent's environment hook, to a directory that has"
            echo "    $fetch_archive (https://, http:// or file:/)."
        fi
        if fetch_any_platform; then
            echo "  - Install the release on the agent, with script/install of a checkout of the plugin."
        fi
        echo "  - Build the binary with script/build, on a machine like this. Then put it on the agent's PATH, or"
        echo "    set DOCKER_CACHE_BIN to its path in the agent's environment hook."
    } >&2
    return 1
}

# Sets fetch_work to a new directory next to the binary's final place, and makes the directories above it.
fetch_keeping_directory() {
    local path message
    if [ -z "$docker_cache_fetched" ]; then
        fetch_problem='Neither XDG_CACHE_HOME nor HOME names a directory.'
        return 1
    fi
    for path in "$docker_cache_home" "$docker_cache_home/docker-cache" "$docker_cache_directory" \
        "$docker_cache_directory/$docker_cache_version" "${docker_cache_fetched%/*}"; do
        if ! message=$(mkdir -p "$path" 2>&1) || ! message=$(ls -ldnL "$path" 2>&1); then
            fetch_problem=$message
            return 1
        fi
        fetch_problem="$path belongs to another user."
        [ -O "$path" ] || [ "$path" = "$docker_cache_home" ] || return 1
        case $path in
            "$docker_cache_home" | "$docker_cache_home/docker-cache")
                fetch_problem="Any user can write to $path."
                case $message in ????????w[!tT]*) return 1 ;; esac
                continue
                ;;
        esac
        fetch_problem="$path is a symbolic link."
        ! [ -L "$path" ] || return 1
        case $message in
            ?????w* | ????????w*)
                # Other users may have put these files there.
                fetch_problem="Other users can write to $path."
                rm -f "$docker_cache_fetched" && chmod 0700 "$path" || return 1
                ;;
        esac
    done 2>/dev/null
    fetch_make_directory "${docker_cache_fetched%/*}/.fetch.XXXXXX"
}

# fetch_make_directory TEMPLATE: sets fetch_work to a new directory in which a file can be executed
fetch_make_directory() {
    if ! fetch_work=$(mktemp -d "$1" 2>&1); then
        fetch_problem=$fetch_work
        fetch_work=''
        return 1
    fi
    if ! { : >"$fetch_work/docker-cache" && chmod 0700 "$fetch_work/docker-cache"; } 2>/dev/null; then
        fetch_problem="No file can be created in ${1%/*}."
    elif ! [ -x "$fetch_work/docker-cache" ]; then
        fetch_problem="Nothing in ${1%/*} can be executed: its file system is mounted noexec."
    else
        return 0
    fi
    fetch_clean
    return 1
}

fetch_clean() {
    if [ -n "$fetch_work" ]; then rm -rf "$fetch_work"; fi
    fetch_work=''
}

# Searches again: for the platform that uname reports, or after a wait.
fetch_look() {
    # shellcheck source=find-binary.bash
    . "$docker_cache_lib/find-binary.bash"
    [ -n "$docker_cache_binary" ]
}

# fetch_wait DIRECTORY
# Lets one job per machine fetch the binary. Other jobs wait no longer than a download may take, and not at all where
# locks do not work: each job renames a whole file into place. Succeeds if the binary is there afterwards.
fetch_wait() {
    local message waited=0
    type -P flock >/dev/null || return 1
    { exec 7<"$1"; } 2>/dev/null || return 1
    until message=$(flock -n 7 2>&1); do
        # A message means that locks do not work here. No message means that another job holds the lock.
        if [ -n "$message" ] || [ "$waited" -ge "$DOCKER_CACHE_DOWNLOAD_TIMEOUT" ]; then return 1; fi
        if [ "$waited" -eq 0 ]; then fetch_say 'waiting for another job on this machine, which downloads it'; fi
        waited=$((waited + 1))
        sleep 1
        if fetch_look; then return 0; fi
    done
    fetch_look
}

# Stores the binary where the next job finds it.
fetch_kept() {
    fetch_wait "${docker_cache_fetched%/*}" && return
    fetch_into "$fetch_work" || return
    # Removes what killed jobs left. It stays if find is missing or lacks these options.
    find "${docker_cache_fetched%/*}" -name '.fetch.*' -mmin +60 -prune -exec rm -rf {} + 2>/dev/null
    mv -f "$fetch_work/docker-cache" "$docker_cache_fetched" && fetch_look && return
    fetch_kind='write'
    fetch_problem="$docker_cache_fetched cannot be used."
    return 1
}

# Prints the path of the binary on descriptor 8. The word `temporary` before it means that it is for this job only, and
# that its directory must be removed afterwards.
fetch_for_hook() {
    trap fetch_clean EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 131' QUIT
    trap 'exit 143' TERM
    umask 077
    fetch_platform
    if fetch_look; then
        printf '%s' "$docker_cache_binary" >&8
        return 0
    fi
    case ${DOCKER_CACHE_DOWNLOAD:-auto} in
        auto | never) ;;
        *)
            fetch_kind=configuration
            fetch_fail "DOCKER_CACHE_DOWNLOAD is '$DOCKER_CACHE_DOWNLOAD': expected auto or never."
            return
            ;;
    esac
    fetch_release || fetch_fail "$fetch_problem" || return
    if [ "${DOCKER_CACHE_DOWNLOAD:-auto}" = never ]; then
        fetch_url=''
        fetch_fail "docker-cache $docker_cache_version is not on this machine, and DOCKER_CACHE_DOWNLOAD is never."
        return
    fi
    fetch_programs || fetch_fail "docker-cache $docker_cache_version cannot be downloaded. $fetch_problem" || return
    fetch_show "$fetch_url"
    fetch_say "downloading docker-cache $docker_cache_version for $docker_cache_platform from $fetch_shown"
    if fetch_keeping_directory; then
        if fetch_kept; then
            printf '%s' "$docker_cache_binary" >&8
            return 0
        fi
        [ "$fetch_kind" = write ] || fetch_fail "$fetch_problem" || return
    fi
    fetch_say "warning: $fetch_problem
The binary is downloaded for this job only." >&2
    fetch_clean
    if ! fetch_make_directory "${TMPDIR:-/tmp}/docker-cache.XXXXXX" || ! fetch_into "$fetch_work"; then
        fetch_fail "$fetch_problem"
        return
    fi
    rm -f "$fetch_work/$fetch_archive"
    printf 'temporary %s' "$fetch_work/docker-cache" >&8
    fetch_work=''
}
