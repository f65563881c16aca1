# shellcheck shell=bash
#
# Sourced by the hooks, in a subshell, after the binary ended with docker_cache_status. Reports if the binary cannot
# start on this machine, or has a different version from the plugin. Bash 3.2.
# find-binary.bash sets variables that shellcheck does not see.
# shellcheck disable=SC2154

# shellcheck source=download.bash
. "$docker_cache_lib/download.bash"

# Prints, for example: Linux x86_64, glibc 2.31, Debian GNU/Linux 11 (bullseye)
explain_machine() {
    local libc name='' line
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc=''
    for line in /lib/ld-musl-*; do
        if [ -z "$libc" ] && [ -e "$line" ]; then libc=musl; fi
    done
    if [ -r /etc/os-release ]; then
        while IFS= read -r line; do
            case $line in PRETTY_NAME=*) name=${line#*=} ;; esac
        done </etc/os-release
    fi
    name=${name#[\"\']}
    name=${name%[\"\']}
    printf '%s%s%s' "$(uname -s -m)" "${libc:+, $libc}" "${name:+, $name}"
}

# explain_status STATUS: prints what the status of a binary says that ended without a message
explain_status() {
    local signal=''
    case $1 in
        132) signal='SIGILL: the processor lacks an instruction' ;;
        133) signal='SIGTRAP: a trap' ;;
        134) signal='SIGABRT: it aborted' ;;
        135) signal='SIGBUS: a part of the file or of memory cannot be read' ;;
        139) signal='SIGSEGV: an access to memory that is not there' ;;
        159) signal='SIGSYS: a system call that is not allowed here' ;;
    esac
    printf 'it ended with status %s%s' "$1" "${signal:+ ($signal)}"
}

# Whether the fetched binary has changed since, for example because of a full disk or a power loss.
explain_damage() {
    [ "$docker_cache_origin" = fetched ] && fetch_checksum_program || return 1
    fetch_checksum "$docker_cache_binary"
    # Without a checksum, damage cannot be detected.
    [ -n "$fetch_sum" ] && [ "$fetch_sum" != "$docker_cache_binary_checksum" ] || return 1
    rm -f "$docker_cache_binary"
    echo "docker-cache: error: $docker_cache_binary"
    echo "has been damaged since the download. It was removed. Run the job again to download it again."
}

explain_failure() {
    local answer line known='' status=0
    answer=$("$docker_cache_binary" --version 2>&1 </dev/null) || status=$?
    fetch_platform
    # shellcheck source=read-release.bash
    . "$docker_cache_lib/read-release.bash"
    if [ "$status" -eq 0 ]; then
        case $answer in "${docker_cache_version:-$answer}" | "${docker_cache_plugin:-$answer}") known=yes ;; esac
    fi
    case $known-$docker_cache_status in
        # It starts, and did not crash.
        yes-1 | yes-64 | yes-126 | yes-127) ;;
        *) if explain_damage; then return; fi ;;
    esac
    if [ -n "$known" ]; then
        case $docker_cache_status-$answer in
            *-"${docker_cache_plugin:-$answer}") return ;;
            # Between releases, the released binary may lack an option of the plugin.
            64-*) ;;
            *) return ;;
        esac
    fi
    if [ "$status" -eq 0 ]; then
        echo "docker-cache: error: The plugin is version $docker_cache_plugin, and $docker_cache_binary"
        echo "is version ${answer%%"$fetch_newline"*}. They may not support the same options."
    else
        echo "docker-cache: error: $docker_cache_binary"
        echo "does not start on this machine ($(explain_machine)):"
        # The message of the loader, or of bash, which first names the script that it runs. Only one line of it.
        line=${answer#*/explain-failure.bash: }
        line=${line#line [0-9]*: }
        line=${line%%"$fetch_newline"*}
        echo "  ${line:-$(explain_status "$status")}"
    fi
    case $docker_cache_origin in
        DOCKER_CACHE_BIN)
            echo "It comes from DOCKER_CACHE_BIN. Change that variable, or unset it: then the plugin finds its own."
            ;;
        plugin) echo "It is in the plugin's bin. Build it again there, with script/build, or remove it." ;;
        *)
            echo "Build one in a checkout of the plugin, with script/build, on a machine like this, and set"
            echo "DOCKER_CACHE_BIN to its path in the agent's environment hook."
            ;;
    esac
}

case $docker_cache_status in
    # 1: also a loader with too old a C library. 132: the processor lacks an instruction. 133 to 139: a trap, an abort,
    # and access to memory or to a part of the file that does not exist. 159: a system call that is not allowed.
    1 | 64 | 126 | 127 | 132 | 133 | 134 | 135 | 139 | 159) explain_failure >&2 ;;
esac
