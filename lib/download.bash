# shellcheck shell=bash
#
# Functions that download, verify and unpack the archive that lib/release names. Sourced by fetch-binary.bash and
# explain-failure.bash, in a subshell of a hook, and by script/install. Bash 3.2. The programs that they call are in
# every small system: curl or wget, sha256sum or shasum, tar, gzip, or busybox for all of them.
#
# A function that fails leaves a description of the failure in fetch_problem: sentences, or the message of a program.
# read-release.bash sets docker_cache_version and other variables, which shellcheck does not see.
# shellcheck disable=SC2154

# Resets the agent's shell options and the user's tar settings, and selects English messages.
set +aC
shopt -u nullglob failglob nocasematch
IFS=$' \t\n'
export LC_ALL=C
unset TAR_OPTIONS GZIP CDPATH

# Bash 3.2 does not support $'…' inside quotes.
fetch_newline=$'\n'
fetch_problem=''
# The kind of a failure: again (worth a retry), write (the disk rejects it), final, configuration (a variable is wrong:
# the status is 64), or unreleased.
fetch_kind=''

# Sets docker_cache_platform to the name in lib/release.
fetch_platform() {
    local system machine
    # Without uname, the platform stays what bash knows, and fetch_programs names the missing programs.
    if ! system=$(uname -s 2>/dev/null) || ! machine=$(uname -m 2>/dev/null); then
        : "${docker_cache_platform:=unknown}"
        return
    fi
    case $system in Linux) system=linux ;; esac
    case $machine in
        amd64) machine=x86_64 ;;
        arm64) machine=aarch64 ;;
    esac
    docker_cache_platform=$system-$machine
}

# Finds the release for this machine, after read-release.bash. Sets fetch_name, fetch_archive and fetch_url. A wrong URL
# is that of fetch_url_source, or of DOCKER_CACHE_DOWNLOAD_URL.
fetch_release() {
    local directory=${DOCKER_CACHE_DOWNLOAD_URL:-$docker_cache_url}
    fetch_kind=configuration
    case $directory in
        '' | http://* | https://* | file:/*) ;;
        *)
            fetch_show "$directory"
            fetch_problem="${fetch_url_source:-DOCKER_CACHE_DOWNLOAD_URL} is '$fetch_shown': expected a URL that begins"
            fetch_problem="$fetch_problem with https://, http:// or file:/."
            return 1
            ;;
    esac
    case ${DOCKER_CACHE_DOWNLOAD_TIMEOUT:=120} in
        *[!0-9]* | 0*)
            fetch_problem="DOCKER_CACHE_DOWNLOAD_TIMEOUT is '$DOCKER_CACHE_DOWNLOAD_TIMEOUT': expected a number of"
            fetch_problem="$fetch_problem seconds, at least 1."
            return 1
            ;;
    esac
    fetch_kind=final
    if [ -z "$docker_cache_version" ]; then
        fetch_problem="$docker_cache_lib/release is missing, or names no version. Check the plugin out again."
        return 1
    fi
    if [ -z "$docker_cache_archive_checksum" ] || [ -z "$docker_cache_binary_checksum" ]; then
        fetch_kind=unreleased
        fetch_problem="Version $docker_cache_version has no released binary for this machine, $docker_cache_platform."
        if ! fetch_any_platform; then
            fetch_problem="Version $docker_cache_version has not been released yet, so there is no binary to download."
        fi
        return 1
    fi
    fetch_kind=''
    fetch_name=docker-cache-$docker_cache_version-$docker_cache_platform
    fetch_archive=$fetch_name.tar.gz
    fetch_url=${directory%/}/$fetch_archive
}

# Whether lib/release names a binary for any platform.
fetch_any_platform() {
    local line
    while IFS= read -r line; do
        case $line in linux-*) return 0 ;; esac
    done <"$docker_cache_lib/release"
    return 1
}

# fetch_program PURPOSE NAME...: sets fetch_found to the first program that this machine or its busybox has
fetch_program() {
    local purpose=$1 name status
    shift
    for name in "$@"; do
        fetch_found=("$name")
        if type -P "$name" >/dev/null; then return 0; fi
    done
    if type -P busybox >/dev/null; then
        for name in "$@"; do
            fetch_found=(busybox "$name")
            status=0
            busybox "$name" --help >/dev/null 2>&1 || status=$?
            # 127: it has no such applet.
            if [ "$status" -ne 127 ]; then return 0; fi
        done
    fi
    name=$*
    fetch_problem="This machine lacks ${name// / and }. Install"
    case $# in
        1) fetch_problem="$fetch_problem it: it is needed to $purpose." ;;
        *) fetch_problem="$fetch_problem one of them: it is needed to $purpose." ;;
    esac
    return 1
}

# Finds all needed programs, so that none turns out to be missing after the download.
fetch_programs() {
    fetch_checksum_program || return 1
    fetch_program 'unpack the archive' tar || return 1
    fetch_tar=("${fetch_found[@]}")
    fetch_program 'unpack the archive' gzip || return 1
    fetch_gzip=("${fetch_found[@]}")
    case $fetch_url in
        file:*) fetch_client=(cp) ;;
        *)
            fetch_program 'download the archive' curl wget || return 1
            fetch_limit_client
            ;;
    esac
}

fetch_checksum_program() {
    fetch_program 'verify checksums' sha256sum shasum || return 1
    fetch_sha=("${fetch_found[@]}")
    case ${fetch_found[0]} in shasum) fetch_sha=(shasum -a 256) ;; esac
}

# Sets fetch_client to a command with a time limit. The caller appends a file and a URL.
fetch_limit_client() {
    local limit=$DOCKER_CACHE_DOWNLOAD_TIMEOUT connect=10 stall=30
    fetch_url_input=''
    [ "$connect" -le "$limit" ] || connect=$limit
    [ "$stall" -le "$limit" ] || stall=$limit
    if [ "${fetch_found[0]}" = curl ]; then
        fetch_client=(curl --fail --silent --show-error --location --globoff --connect-timeout "$connect"
            --max-time "$limit" --speed-limit 1024 --speed-time "$stall" --output)
        fetch_url_input=curl
        return
    fi
    case $("${fetch_found[@]}" --help 2>&1) in
        *--connect-timeout*)
            fetch_found+=(--no-verbose --tries=1 "--dns-timeout=$connect" "--connect-timeout=$connect"
                "--read-timeout=$stall")
            fetch_url_input=wget
            ;;
        *'-T SEC'*) fetch_found+=(-T "$stall") ;;
    esac
    # wget has no limit for the whole download. A new process group would not get the signal that cancels the job.
    if timeout --foreground 10 true 2>/dev/null; then
        fetch_client=(timeout --foreground "$limit" "${fetch_found[@]}" -O)
    elif timeout 10 true 2>/dev/null; then
        fetch_client=(timeout "$limit" "${fetch_found[@]}" -O)
    elif busybox timeout 10 true 2>/dev/null; then
        fetch_client=(busybox timeout "$limit" "${fetch_found[@]}" -O)
    else
        fetch_client=("${fetch_found[@]}" -O)
    fi
}

# fetch_show TEXT: sets fetch_shown to the text without the secret parts of URLs: users, passwords, queries
fetch_show() {
    local credentials='^(.*://)[^/@ ]*@(.*)$' query='^(.*://[^? ]*)[?][^ ]*(.*)$'
    fetch_shown=$1
    while [[ $fetch_shown =~ $credentials ]]; do fetch_shown=${BASH_REMATCH[1]}${BASH_REMATCH[2]}; done
    while [[ $fetch_shown =~ $query ]]; do fetch_shown=${BASH_REMATCH[1]}${BASH_REMATCH[2]}; done
}

# fetch_checksum FILE: sets fetch_sum
fetch_checksum() {
    fetch_sum=$("${fetch_sha[@]}" <"$1" 2>/dev/null) || fetch_sum=''
    fetch_sum=${fetch_sum%% *}
}

# fetch_once FILE: one download, verified
fetch_once() {
    local message='' status=0 path=${fetch_url#file:}
    rm -f "$1"
    fetch_kind=again
    case $fetch_url in
        file:*)
            case $path in
                //localhost/*) path=${path#//localhost} ;;
                //*) path=${path#//} ;;
            esac
            fetch_kind=final
            message=$(cp "$path" "$1" 2>&1) || status=$?
            ;;
        *://*@*) message=$(fetch_secretly "$1" 2>&1 >/dev/null) || status=$? ;;
        *) message=$("${fetch_client[@]}" "$1" "$fetch_url" 2>&1 >/dev/null </dev/null) || status=$? ;;
    esac
    if [ "$status" -ne 0 ]; then
        fetch_judge_failure "$1" "$status" "$message"
        return 1
    fi
    fetch_checksum "$1"
    if [ "$fetch_sum" = "$docker_cache_archive_checksum" ]; then return 0; fi
    fetch_judge_file "$1"
    return 1
}

# fetch_secretly FILE: downloads from a URL that contains a password, which must not appear in the argument list
fetch_secretly() {
    local text=$fetch_url
    case $fetch_url_input in
        curl)
            text=${text//\\/\\\\}
            printf 'url = "%s"\n' "${text//\"/\\\"}" | "${fetch_client[@]}" "$1" --config -
            ;;
        wget) printf '%s\n' "$text" | "${fetch_client[@]}" "$1" --input-file=- ;;
        # busybox wget takes the URL only as an argument.
        *) "${fetch_client[@]}" "$1" "$text" </dev/null ;;
    esac
}

# fetch_judge_failure FILE STATUS MESSAGE: sets fetch_problem and fetch_kind from the failure of the download program
fetch_judge_failure() {
    local code='(error:|ERROR) (HTTP/[0-9.]+ )?([0-9][0-9][0-9])'
    # The last line has the error, unless advice follows it, as for certificates.
    local line=${3##*"$fetch_newline"}
    case $3 in
        *'curl: ('*) line="curl: (${3#*curl: (}" ;;
        *'ERROR: '*) line=${3#*ERROR: } ;;
    esac
    fetch_show "${line%%"$fetch_newline"*}"
    fetch_problem=${fetch_shown:-The connection was lost (${fetch_found[0]} ended with status $2).}
    case $3 in
        *'No space left'* | *'quota exceeded'* | *'curl: (23)'* | *'cannot write'* | *'Cannot write'*)
            fetch_kind='write'
            fetch_problem="The download could not be written to ${1%/*}: $fetch_problem"
            return
            ;;
    esac
    if [[ $3 =~ $code ]]; then
        fetch_problem="The server answered with status ${BASH_REMATCH[3]}."
        case ${BASH_REMATCH[3]} in
            404 | 410) fetch_problem="The server has no such file (status ${BASH_REMATCH[3]})." ;;
        esac
        case ${BASH_REMATCH[3]} in
            408 | 425 | 429) ;;
            4??) fetch_kind=final ;;
        esac
        return
    fi
    case ${fetch_found[0]}-$2 in
        # A retry does not help with certificates.
        curl-51 | curl-60 | curl-77 | wget-5) fetch_kind=final ;;
        # The exit statuses of timeout, from coreutils and from busybox.
        *-124 | *-143)
            fetch_problem="It took more than $DOCKER_CACHE_DOWNLOAD_TIMEOUT s (DOCKER_CACHE_DOWNLOAD_TIMEOUT)."
            ;;
    esac
}

# fetch_judge_file FILE: sets fetch_problem and fetch_kind from a file that is not the archive
fetch_judge_file() {
    local beginning='' size
    IFS= read -r -d '' -n 300 beginning <"$1" || :
    case $beginning in
        *'<!DOCTYPE'* | *'<!doctype'* | *'<html'* | *'<HTML'*)
            fetch_kind=final
            fetch_problem='The server sent a web page, not the archive. Perhaps a proxy or a login page answered.'
            return
            ;;
    esac
    size=$(wc -c <"$1")
    fetch_problem="The download is not this plugin's archive: it is another file, or incomplete.
  Its checksum is    ${fetch_sum:-unknown} ($((size)) bytes)
  lib/release says   $docker_cache_archive_checksum"
}

# fetch_download FILE: tries up to three times
fetch_download() {
    local try
    for try in 1 2 3; do
        if fetch_once "$1"; then return 0; fi
        if [ "$fetch_kind" != again ]; then break; fi
        if [ "$try" -lt 3 ]; then sleep "$try"; fi
    done
    if [ "$fetch_kind" = again ]; then fetch_problem="After 3 tries: $fetch_problem"; fi
    fetch_show "$fetch_url"
    fetch_problem="docker-cache $docker_cache_version could not be downloaded from $fetch_shown:
  $fetch_problem"
    return 1
}

# fetch_member ARCHIVE PATH: prints a file of the verified archive
fetch_member() { "${fetch_gzip[@]}" -dc "$1" | "${fetch_tar[@]}" -xOf - "$fetch_name/$2"; }

# fetch_into DIRECTORY: leaves the archive and the binary there, both verified
fetch_into() {
    local message
    fetch_download "$1/$fetch_archive" || return 1
    message=$( { fetch_member "$1/$fetch_archive" bin/docker-cache >"$1/docker-cache"; } 2>&1) || :
    fetch_checksum "$1/docker-cache"
    if [ "$fetch_sum" = "$docker_cache_binary_checksum" ]; then
        chmod 0700 "$1/docker-cache"
        return
    fi
    if [ -n "$message" ]; then
        # The archive is correct, so this machine could not store its content.
        fetch_kind='write'
        fetch_problem="$fetch_archive could not be unpacked in $1:
  ${message%%"$fetch_newline"*}"
    else
        fetch_kind=final
        fetch_problem="The binary in $fetch_archive is not this plugin's binary.
  Its checksum is    ${fetch_sum:-unknown}
  lib/release says   $docker_cache_binary_checksum"
    fi
    return 1
}
