#!/usr/bin/env bats
#
# Tests how an agent gets the binary: the hooks in a plugin directory as the agent clones it, without bin;
# script/install; and a server on loopback. The binary is a script, inside a real archive.
#
# Every test is a separate process, and agent.bash sets the variables that are read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2164,SC2103

bats_require_minimum_version 1.5.0
load agent

root=$BATS_TEST_DIRNAME/../..
version=1.2.3
platform=linux-$(uname -m)
name=docker-cache-$version-$platform

setup_file() {
    local top=$BATS_FILE_TMPDIR/$name
    mkdir -p "$top/bin" "$top/share/man/man1" "$top/share/bash-completion/completions" \
        "$top/share/zsh/site-functions" "$top/share/fish/vendor_completions.d" "$BATS_FILE_TMPDIR/files"
    make_binary "$top/bin/docker-cache" "$version"
    # So large that half of it exceeds a buffer.
    head -c 1000000 /dev/urandom >>"$top/bin/docker-cache"
    echo manual >"$top/share/man/man1/docker-cache.1"
    echo bash >"$top/share/bash-completion/completions/docker-cache"
    echo zsh >"$top/share/zsh/site-functions/_docker-cache"
    echo fish >"$top/share/fish/vendor_completions.d/docker-cache.fish"
    echo license >"$top/LICENSE"
    chmod 0644 "$top/bin/docker-cache"
    tar -czf "$BATS_FILE_TMPDIR/files/$name.tar.gz" --owner=1234 --group=1234 -C "$BATS_FILE_TMPDIR" "$name"
    "$BATS_TEST_DIRNAME/file_server.py" "$BATS_FILE_TMPDIR/files" "$BATS_FILE_TMPDIR/port" \
        "$BATS_FILE_TMPDIR/requests" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/server"
    wait_until test -e "$BATS_FILE_TMPDIR/port"
}

teardown_file() { kill "$(cat "$BATS_FILE_TMPDIR/server")"; }

setup() {
    forget_job
    unset XDG_CACHE_HOME http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
    export HOME=$BATS_TEST_TMPDIR/home TMPDIR=$BATS_TEST_TMPDIR/tmp STUB_LOG=$BATS_TEST_TMPDIR/log
    mkdir -p "$HOME" "$TMPDIR" "$BATS_TEST_TMPDIR/checkout"
    : >"$STUB_LOG"
    cd "$BATS_TEST_TMPDIR/checkout"
    origin=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/port")
    # In a directory whose name needs quoting.
    plugin="$BATS_TEST_TMPDIR/a plugin"
    mkdir "$plugin"
    cp -R "$root/hooks" "$root/lib" "$root/plugin.yml" "$plugin"
    archive=$BATS_FILE_TMPDIR/files/$name.tar.gz
    binary_checksum=$(sum <"$BATS_FILE_TMPDIR/$name/bin/docker-cache")
    release "$origin/ok" "$(sum <"$archive")" "$binary_checksum"
    kept=$HOME/.cache/docker-cache/bin/$version/$binary_checksum/docker-cache
    : >"$BATS_FILE_TMPDIR/requests"
    export DOCKER_CACHE_DOWNLOAD_TIMEOUT=20
}

teardown() {
    if [ -n "${mounted:-}" ]; then umount "$mounted"; fi
    if [ -n "${tls_server:-}" ]; then kill "$tls_server"; fi
}

# release URL [ARCHIVE-CHECKSUM BINARY-CHECKSUM]: writes lib/release
release() {
    printf 'version %s\nurl %s\n' "$version" "$1" >"$plugin/lib/release"
    if [ $# -gt 1 ]; then printf 'linux-other 1 2\n%s %s %s\n' "$platform" "$2" "$3" >>"$plugin/lib/release"; fi
}

sum() {
    local line
    line=$(sha256sum)
    printf '%s' "${line%% *}"
}

# make_binary FILE VERSION: uses only built-in commands of sh, so that it runs with any PATH
make_binary() {
    cat >"$1" <<STUB
#!/bin/sh
echo "\$*" >>"\$STUB_LOG"
if [ "\$1" = --version ]; then echo '$2'; exit; fi
STUB
    cat >>"$1" <<'STUB'
echo "a line for the log"
if [ "$2" = pre-command ]; then printf '%s' "export FOUND='$0'" >"$4"; fi
eval "${STUB_RUN:-}"
exit "${STUB_STATUS:-0}"
STUB
    chmod +x "$1"
}

requests() { wc -l <"$BATS_FILE_TMPDIR/requests"; }

# only_tools NAME...: the tools on the hooks' PATH, besides the basic ones. `busybox` is that program alone.
only_tools() {
    local tool
    mkdir -p "$BATS_TEST_TMPDIR/tools"
    for tool in bash sh env cat chmod cp ls mkdir mktemp mv rm sleep true uname wc "$@"; do
        ln -s "$(type -P "$tool")" "$BATS_TEST_TMPDIR/tools/$tool"
    done
    agent_prologue="$agent_prologue
PATH=$BATS_TEST_TMPDIR/tools"
}

# with_client curl|wget|busybox
with_client() {
    case $1 in
        curl) only_tools sha256sum tar gzip curl timeout find flock ;;
        wget) only_tools sha256sum tar gzip wget timeout find flock ;;
        busybox) only_tools busybox ;;
    esac
}

# fetch_afresh_with curl|wget|busybox: fetches with an empty home directory
fetch_afresh_with() {
    rm -rf "${HOME:?}" "$BATS_TEST_TMPDIR/tools"
    mkdir "$HOME"
    with_client "$1"
    run_hook pre-command
}

nothing_is_left() {
    local left
    left=$(ls -A "$TMPDIR")
    expect "$left" '' "files left behind"
}

# The binary runs from its permanent place, and there are no other files.
is_kept() {
    expect "$status" 0
    expect "${exported[FOUND]}" "$kept"
    expect "$(cd "$HOME" && find . ! -type d)" "./${kept#"$HOME/"}"
    expect "$(find "$HOME" -name '.fetch*')" ''
    expect "$(sum <"$kept")" "$binary_checksum"
    expect "$(find "$HOME/.cache" ! -perm 0700)" '' 'files that others can read'
    nothing_is_left
}

# The job has the binary, which is for this job only.
is_temporary() {
    expect "$status" 0
    expect_text "${exported[FOUND]}" "^$TMPDIR/docker-cache\.[A-Za-z0-9]+/docker-cache$"
    expect_text "$errors" "$1"
    expect_text "$errors" 'for this job only'
    nothing_is_left
}

# refused PATTERN: expects one message, with advice
refused() {
    expect "$status" 1
    expect "$(grep -c 'docker-cache: error' <<<"$errors")" 1 messages
    expect_text "$errors" "$1"
    expect_text "$errors" 'script/build'
    expect "${#exported[@]}" 0 exports
    expect "$(find "$HOME" ! -type d)" ''
    nothing_is_left
}

# refused_configuration PATTERN: expects one message and nothing else, and the status for a wrong configuration
refused_configuration() {
    expect "$status" 64
    expect "$(grep -c . <<<"$errors")" 1 lines
    expect_text "$errors" "^docker-cache: error: $1$"
    expect "${#exported[@]}" 0 exports
    nothing_is_left
}

mount_tmpfs() {
    mounted=$BATS_TEST_TMPDIR/mounted
    mkdir "$mounted"
    if ! mount -t tmpfs -o "$1" docker-cache-test "$mounted" 2>/dev/null; then
        mounted=''
        skip "nothing can be mounted here"
    fi
}

need_root() { [ "$(id -u)" -eq 0 ] || skip "needs root, to give a file to another user"; }

@test "environment fetches nothing and says nothing where there is no binary" {
    run_hook environment
    expect "$status" 0
    expect "$output$errors" ''
    expect "$(requests)" 0
    export DOCKER_CACHE_DOWNLOAD=never
    run_hook environment
    expect "$status" 0
    expect "$output$errors" ''
}

@test "pre-command fetches the binary once, and later jobs only look whether it is there" {
    run_hook pre-command
    is_kept
    expect "$(requests)" 1
    expect "$(head -n 1 <<<"$output")" \
        "docker-cache: downloading docker-cache $version for $platform from $origin/ok/$name.tar.gz"
    expect "$(wc -l <<<"$output")" 2 lines
    expect "$errors" ''
    # That needs no tool but ls.
    only_tools
    : >"$STUB_LOG"
    run_hook environment
    expect "$status" 0
    run_hook pre-command
    is_kept
    expect "$output" 'a line for the log'
    expect "$(requests)" 1
    expect "$(cat "$STUB_LOG")" "hook environment
hook pre-command --exports /dev/fd/8"
}

@test "a binary that another job's gc removes at that moment is fetched" {
    run_hook pre-command
    is_kept
    only_tools curl sha256sum tar gzip timeout find flock
    # This `ls` removes the binary after listing it.
    rm "$BATS_TEST_TMPDIR/tools/ls"
    printf '#!/bin/sh\n%s "$@" && rm -r "%s"\n' "$(type -P ls)" "$HOME/.cache/docker-cache/bin/$version" \
        >"$BATS_TEST_TMPDIR/tools/ls"
    chmod +x "$BATS_TEST_TMPDIR/tools/ls"
    run_hook environment
    expect "$status" 0
    ln -sf "$(type -P ls)" "$BATS_TEST_TMPDIR/tools/ls"
    run_hook pre-command
    is_kept
    expect "$(requests)" 2
}

@test "curl, wget or busybox alone fetch it" {
    local client
    for client in curl wget busybox; do
        fetch_afresh_with "$client"
        is_kept
        expect "$errors" ''
    done
}

@test "shasum verifies it where there is no sha256sum" {
    only_tools shasum perl tar gzip curl
    run_hook pre-command
    is_kept
}

@test "what uname says counts where bash was built for something else" {
    export HOSTTYPE=i686
    run_hook pre-command
    is_kept
    run_hook pre-command
    is_kept
    expect "$(requests)" 1
}

@test "XDG_CACHE_HOME, if it is a whole path, says where it is kept" {
    export XDG_CACHE_HOME=relative
    run_hook pre-command
    is_kept
    export XDG_CACHE_HOME="$BATS_TEST_TMPDIR/a cache"
    run_hook pre-command
    expect "${exported[FOUND]}" "$XDG_CACHE_HOME/${kept#"$HOME/.cache/"}"
    rm -rf "$XDG_CACHE_HOME"
}

@test "the binary comes from the directory that DOCKER_CACHE_DOWNLOAD_URL names, by http or as a file" {
    local url
    release http://127.0.0.1:1/nowhere "$(sum <"$archive")" "$binary_checksum"
    for url in "$origin/moved/" "file:$BATS_FILE_TMPDIR/files" "file://$BATS_FILE_TMPDIR/files/" \
        "file://localhost$BATS_FILE_TMPDIR/files"; do
        export DOCKER_CACHE_DOWNLOAD_URL=$url
        rm -rf "$HOME"
        mkdir "$HOME"
        run_hook pre-command
        is_kept
    done
    # Files need no download client.
    rm -rf "$HOME"
    mkdir "$HOME"
    only_tools sha256sum tar gzip
    run_hook pre-command
    is_kept
}

@test "a URL that is none, and other settings that are wrong, are named" {
    export DOCKER_CACHE_DOWNLOAD_URL=ftp://user:word@example.com/directory
    run_hook pre-command
    refused_configuration "DOCKER_CACHE_DOWNLOAD_URL is 'ftp://example.com/directory': expected a URL that begins with \
https://, http:// or file:/\\."
    export DOCKER_CACHE_DOWNLOAD_URL='' DOCKER_CACHE_DOWNLOAD=nevr
    run_hook pre-command
    refused_configuration "DOCKER_CACHE_DOWNLOAD is 'nevr': expected auto or never\\."
    export DOCKER_CACHE_DOWNLOAD=auto DOCKER_CACHE_DOWNLOAD_TIMEOUT
    for DOCKER_CACHE_DOWNLOAD_TIMEOUT in 2m 0; do
        run_hook pre-command
        refused_configuration "DOCKER_CACHE_DOWNLOAD_TIMEOUT is '$DOCKER_CACHE_DOWNLOAD_TIMEOUT': expected a number of \
seconds, at least 1\\."
    done
    expect "$(requests)" 0
}

@test "users and passwords of a URL are not shown" {
    local client
    for client in curl wget busybox; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        export DOCKER_CACHE_DOWNLOAD_URL="http://user:secret@${origin#http://}/404"
        run_hook pre-command
        refused 'no such file \(status 404\)'
        expect_text "$output" "from $origin/404/"
        run ! grep -e secret -e user: <<<"$output$errors"
    done
}

@test "a password in a URL is not among the arguments, where others could see it" {
    local client real password
    for client in curl wget; do
        rm -rf "$BATS_TEST_TMPDIR/tools" "${HOME:?}"
        mkdir "$HOME"
        with_client "$client"
        real=$(type -P "$client")
        rm "$BATS_TEST_TMPDIR/tools/$client"
        printf '#!/bin/bash\nprintf "%%s\\n" "$*" >>"%s"\nexec "%s" "$@"\n' \
            "$BATS_TEST_TMPDIR/arguments" "$real" >"$BATS_TEST_TMPDIR/tools/$client"
        chmod +x "$BATS_TEST_TMPDIR/tools/$client"
        # A password with characters that are special in curl's configuration.
        password='secret'
        if [ "$client" = curl ]; then password='se"cr\et'; fi
        export DOCKER_CACHE_DOWNLOAD_URL="http://user:$password@${origin#http://}/ok"
        run_hook pre-command
        expect "$status" 0 "status with $client"
        run -1 grep -F 'cr' <(grep -o 'user:.*@' "$BATS_TEST_TMPDIR/arguments")
    done
    [ -s "$BATS_TEST_TMPDIR/arguments" ] || fail 'no client was run'
}

@test "the proxy is the one of curl and wget" {
    local client
    export http_proxy=$origin
    release http://release.example/ok "$(sum <"$archive")" "$binary_checksum"
    for client in curl wget busybox; do
        fetch_afresh_with "$client"
        is_kept
    done
    expect "$(sort -u "$BATS_FILE_TMPDIR/requests")" "http://release.example/ok/$name.tar.gz"
}

@test "DOCKER_CACHE_DOWNLOAD=never refuses to fetch, and takes what is there" {
    export DOCKER_CACHE_DOWNLOAD=never
    run_hook pre-command
    refused 'DOCKER_CACHE_DOWNLOAD is never'
    expect "$(requests)" 0
    DOCKER_CACHE_DOWNLOAD='' run_hook pre-command
    is_kept
    run_hook pre-command
    is_kept
    expect "$(requests)" 1
}

@test "a binary on PATH is used if it has the plugin's version, and otherwise named where none can be had" {
    mkdir "$BATS_TEST_TMPDIR/path" bin
    make_binary "$BATS_TEST_TMPDIR/path/docker-cache" "$version"
    make_binary bin/docker-cache "$version"
    # Files in the checkout are not used.
    export PATH=:bin:.:$BATS_TEST_TMPDIR/path:$PATH
    run_hook environment
    run_hook pre-command
    expect "${exported[FOUND]}" "$BATS_TEST_TMPDIR/path/docker-cache"
    expect "$(requests)" 0
    make_binary "$BATS_TEST_TMPDIR/path/docker-cache" 1.2.2
    run_hook environment
    expect "$output" ''
    run_hook pre-command
    is_kept
    # It comes before the fetched binary, which is there now.
    make_binary "$BATS_TEST_TMPDIR/path/docker-cache" "$version"
    run_hook pre-command
    expect "${exported[FOUND]}" "$BATS_TEST_TMPDIR/path/docker-cache"
    expect "$(requests)" 1
    make_binary "$BATS_TEST_TMPDIR/path/docker-cache" 1.2.2
    rm -r "$HOME/.cache"
    export DOCKER_CACHE_DOWNLOAD=never
    run_hook pre-command
    refused "$BATS_TEST_TMPDIR/path/docker-cache, version 1.2.2, is not used: the plugin's version is $version"
}

@test "where nothing is released for a platform, the message says how to build" {
    release "$origin/ok"
    echo 'linux-other 1 2' >>"$plugin/lib/release"
    run_hook pre-command
    refused "version $version has no released binary for this machine, $platform"
    expect_text "$errors" 'DOCKER_CACHE_BIN'
    expect_text "$errors" '\bPATH\b'
    release "$origin/ok"
    run_hook pre-command
    refused "version $version has not been released yet, so there is no binary to download"
    : >"$plugin/lib/release"
    run_hook pre-command
    refused 'lib/release is missing, or names no version'
    rm "$plugin/lib/release"
    run_hook pre-command
    refused 'lib/release is missing'
}

@test "a server that has no such file, or refuses it, is asked once" {
    local client
    for client in curl wget busybox; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        : >"$BATS_FILE_TMPDIR/requests"
        export DOCKER_CACHE_DOWNLOAD_URL=$origin/404
        run_hook pre-command
        refused "from $origin/404/$name.tar.gz"
        expect_text "$errors" 'no such file \(status 404\)'
        export DOCKER_CACHE_DOWNLOAD_URL=$origin/403
        run_hook pre-command
        refused 'answered with status 403'
        expect_text "$errors" 'DOCKER_CACHE_DOWNLOAD_URL'
        expect "$(requests)" 2
    done
}

@test "a server that fails twice is asked three times, and one that goes on failing is named" {
    local client
    for client in curl wget busybox; do
        rm -rf "$HOME" "$BATS_TEST_TMPDIR/tools"
        mkdir "$HOME"
        with_client "$client"
        : >"$BATS_FILE_TMPDIR/requests"
        # The server counts per path, so each client uses its own path.
        export DOCKER_CACHE_DOWNLOAD_URL=$origin/500,503,$client
        run_hook pre-command
        is_kept
        expect "$(requests)" 3
        rm -rf "$HOME"
        mkdir "$HOME"
        export DOCKER_CACHE_DOWNLOAD_URL=$origin/500
        run_hook pre-command
        refused 'after 3 tries: the server answered with status 500'
        expect "$(requests)" 6
    done
}

@test "a web page instead of the archive is told apart" {
    export DOCKER_CACHE_DOWNLOAD_URL=$origin/html
    run_hook pre-command
    refused 'a web page, not the archive'
    expect "$(requests)" 1
}

@test "what is cut short is not used, and tried three times" {
    local client
    for client in curl wget busybox; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        : >"$BATS_FILE_TMPDIR/requests"
        export DOCKER_CACHE_DOWNLOAD_URL=$origin/truncated
        run_hook pre-command
        refused 'after 3 tries: .*(transfer closed|connection)'
        expect "$(requests)" 3
    done
    export DOCKER_CACHE_DOWNLOAD_URL=$origin/short
    run_hook pre-command
    refused 'after 3 tries: .*incomplete'
}

@test "what has another checksum is not used, and both are shown" {
    export DOCKER_CACHE_DOWNLOAD_URL=$origin/wrong
    run_hook pre-command
    refused 'The download is not this plugin.s archive'
    expect_text "$errors" "$(sum <"$archive")"
    expect_text "$errors" "$(head -c "$(wc -c <"$archive")" /dev/zero | tr '\0' x | sum)"
}

@test "an archive whose binary has another checksum is not used" {
    release "$origin/ok" "$(sum <"$archive")" "$(sum </dev/null)"
    run_hook pre-command
    refused 'The binary in .* is not this plugin.s binary'
    expect_text "$errors" "$binary_checksum"
}

@test "a server that stalls or is silent is left after a time" {
    local client how
    export DOCKER_CACHE_DOWNLOAD_TIMEOUT=1
    for client in curl wget busybox; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        for how in stalled silent; do
            export DOCKER_CACHE_DOWNLOAD_URL=$origin/$how
            run_hook pre-command
            refused 'after 3 tries: .*(timed out|too slow|more than 1 s)'
        done
    done
}

@test "a certificate that is not trusted is named, and one that is works" {
    local client
    export DOCKER_CACHE_DOWNLOAD_URL
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout key -out certificate 2>/dev/null
    cat key certificate >both
    "$BATS_TEST_DIRNAME/file_server.py" "$BATS_FILE_TMPDIR/files" "$PWD/port" "$PWD/requests" "$PWD/both" 3>&- &
    tls_server=$!
    wait_until test -e port
    for client in curl wget; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        DOCKER_CACHE_DOWNLOAD_URL=https://127.0.0.1:$(cat port)/ok
        run_hook pre-command
        refused '^  .*certificate'
        run ! grep -e insecure -e '^  after 3 tries' <<<"$errors"
    done
    rm -rf "$BATS_TEST_TMPDIR/tools"
    with_client curl
    export CURL_CA_BUNDLE=$PWD/certificate
    run_hook pre-command
    is_kept
    expect "$(wc -l <requests)" 1
}

@test "a server that is down is named" {
    local client
    for client in curl wget busybox; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        export DOCKER_CACHE_DOWNLOAD_URL=http://127.0.0.1:1/directory
        run_hook pre-command
        refused 'after 3 tries: .*(refused|connect)'
        expect_text "$errors" "from http://127.0.0.1:1/directory/$name.tar.gz"
    done
}

@test "a file that is not there is named" {
    export DOCKER_CACHE_DOWNLOAD_URL=file:/no/such/directory
    run_hook pre-command
    refused 'No such file'
    expect_text "$errors" "/no/such/directory/$name.tar.gz"
}

@test "a tool that is missing is named, before anything is downloaded" {
    local missing others
    for missing in 'curl and wget' 'sha256sum and shasum' tar gzip; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        others=$(printf '%s\n' curl sha256sum tar gzip | grep -vw -e "${missing%% *}")
        # shellcheck disable=SC2086
        only_tools $others
        run_hook pre-command
        refused "this machine lacks $missing"
    done
    # The platform is then what bash knows.
    rm "$BATS_TEST_TMPDIR/tools/uname"
    run_hook pre-command
    refused "this machine lacks gzip"
    run ! grep uname <<<"$errors"
    expect "$(requests)" 0
}

# many_jobs NUMBER
many_jobs() {
    local job jobs=()
    for ((job = 0; job < $1; job++)); do
        agent_script "$BATS_TEST_TMPDIR/job-$job" pre-command
        "$BATS_TEST_TMPDIR/job-$job/script" >"$BATS_TEST_TMPDIR/job-$job/output" \
            2>"$BATS_TEST_TMPDIR/job-$job/errors" </dev/null 3>&- &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
    for ((job = 0; job < $1; job++)); do
        status=0
        read_hook "$BATS_TEST_TMPDIR/job-$job" >/dev/null
        expect "$errors" '' "errors of job $job"
        expect "${exported[FOUND]:-}" "$kept" "binary of job $job"
    done
    is_kept
}

@test "50 jobs at once on a new host get one whole file, with one download" {
    export DOCKER_CACHE_DOWNLOAD_URL=$origin/slow DOCKER_CACHE_DOWNLOAD_TIMEOUT=120
    many_jobs 50
    expect "$(requests)" 1
}

@test "50 jobs at once get one whole file where nothing can be locked" {
    export DOCKER_CACHE_DOWNLOAD_URL=$origin/slow DOCKER_CACHE_DOWNLOAD_TIMEOUT=120
    only_tools curl sha256sum tar gzip find
    many_jobs 50
    [ "$(requests)" -gt 1 ]
}

@test "a job waits for another one's download no longer than for its own" {
    export DOCKER_CACHE_DOWNLOAD_TIMEOUT=2
    (umask 077 && mkdir -p "${kept%/*}")
    exec 6<"${kept%/*}"
    flock -n 6
    run_hook pre-command
    exec 6<&-
    is_kept
    expect_text "$output" 'another job on this machine, which downloads it'
}

@test "what killed jobs left is removed after an hour, with the next download" {
    (umask 077 && mkdir -p "${kept%/*}/.fetch.killed" "${kept%/*}/.fetch.young")
    touch "${kept%/*}/.fetch.killed/$name.tar.gz"
    touch -d '2 hours ago' "${kept%/*}/.fetch.killed"
    run_hook pre-command
    expect "$status" 0
    expect "$(ls -A "${kept%/*}")" ".fetch.young
docker-cache"
}

@test "a full disk: the job gets the binary alone, or the message says so" {
    mount_tmpfs size=64k
    export HOME=$mounted
    run_hook pre-command
    is_temporary 'could not be written to'
    expect "$(find "$mounted" ! -type d)" ''
    export TMPDIR=$mounted
    local client
    for client in curl wget busybox; do
        rm -rf "$BATS_TEST_TMPDIR/tools"
        with_client "$client"
        run_hook pre-command
        expect "$status" 1
        expect_text "$errors" 'error: .*could not be downloaded from'
        expect_text "$errors" "The download could not be written to $mounted/docker-cache"
        expect "$(find "$mounted" ! -type d)" ''
    done
}

@test "a disk that takes the archive and not the binary" {
    # The archive takes a megabyte, and so does the binary.
    mount_tmpfs size=1500k
    export HOME=$mounted TMPDIR=$mounted
    run_hook pre-command
    expect "$status" 1
    expect_text "$errors" 'error: .*could not be unpacked in'
    expect_text "$errors" '^  .*(No space left|Wrote only)'
    expect "$(find "$mounted" ! -type d)" ''
}

@test "a cache directory that is mounted noexec is not used" {
    mount_tmpfs noexec
    export XDG_CACHE_HOME=$mounted
    run_hook pre-command
    is_temporary 'mounted noexec'
    export TMPDIR=$mounted
    run_hook pre-command
    expect "$status" 1
    expect_text "$errors" 'error: .*mounted noexec'
}

@test "without HOME, or with one where nothing can be made, each job has its own" {
    unset HOME
    run_hook pre-command
    is_temporary 'neither XDG_CACHE_HOME nor HOME'
    export HOME=/proc
    run_hook pre-command
    is_temporary '/proc/\.cache'
    export HOME=relative
    run_hook pre-command
    is_temporary 'neither XDG_CACHE_HOME nor HOME'
    expect "$(requests)" 3
    export STUB_STATUS=17
    run_hook pre-command
    expect "$status" 17
    nothing_is_left
    mount_tmpfs ro
    export HOME=$mounted
    unset STUB_STATUS
    run_hook pre-command
    is_temporary 'Read-only file system'
}

@test "what each job fetches for itself is verified too" {
    export XDG_CACHE_HOME=/proc DOCKER_CACHE_DOWNLOAD_URL=$origin/wrong
    run_hook pre-command
    expect_text "$errors" 'warning: .*/proc/'
    refused 'The download is not this plugin.s archive'
    expect_text "$errors" "$(sum <"$archive")"
    DOCKER_CACHE_DOWNLOAD_URL=$origin/ok
    release "$origin/ok" "$(sum <"$archive")" "$(sum </dev/null)"
    run_hook pre-command
    refused 'The binary in .* is not this plugin.s binary'
}

@test "what belongs to another user is not run, nor is anything put there" {
    local path
    need_root
    for path in '' /bin "/bin/$version" "/bin/$version/$binary_checksum" \
        "/bin/$version/$binary_checksum/docker-cache"; do
        rm -rf "$HOME/.cache"
        run_hook pre-command
        is_kept
        chown 65534 "$HOME/.cache/docker-cache$path"
        run_hook environment
        expect "$output" '' 'what environment runs'
        run_hook pre-command
        if [ "${path##*/}" = docker-cache ]; then is_kept; else is_temporary 'belongs to another user'; fi
    done
}

@test "what others can write to is not run, and replaced" {
    local path requests=1
    run_hook pre-command
    for path in /bin "/bin/$version" "/bin/$version/$binary_checksum" \
        "/bin/$version/$binary_checksum/docker-cache"; do
        chmod g+w "$HOME/.cache/docker-cache$path"
        run_hook environment
        expect "$output" '' 'what environment runs'
        run_hook pre-command
        is_kept
        requests=$((requests + 1))
        expect "$(requests)" "$requests" "requests after $path"
    done
    # Above bin, other users may read and the group may write, as with umask 002.
    chmod 0775 "$HOME/.cache" "$HOME/.cache/docker-cache"
    run_hook pre-command
    expect "${exported[FOUND]}" "$kept"
    expect "$(requests)" "$requests"
    for path in .cache .cache/docker-cache; do
        chmod 0777 "$HOME/$path"
        run_hook pre-command
        is_temporary "any user can write to $HOME/$path"
        # Like /tmp.
        chmod 1777 "$HOME/$path"
        run_hook pre-command
        expect "${exported[FOUND]}" "$kept"
    done
}

@test "links are not followed to the binary" {
    local path
    run_hook pre-command
    mv "$HOME/.cache/docker-cache" "$BATS_TEST_TMPDIR/elsewhere"
    for path in bin "bin/$version" "bin/$version/$binary_checksum"; do
        rm -rf "$HOME/.cache"
        (umask 077 && mkdir -p "$(dirname "$HOME/.cache/docker-cache/$path")")
        ln -s "$BATS_TEST_TMPDIR/elsewhere/$path" "$HOME/.cache/docker-cache/$path"
        run_hook environment
        expect "$output" '' 'what environment runs'
        run_hook pre-command
        is_temporary "$path is a symbolic link"
    done
    # The owner of the machine may move the whole directory to another disk.
    rm -rf "$HOME/.cache/docker-cache"
    ln -s "$BATS_TEST_TMPDIR/elsewhere" "$HOME/.cache/docker-cache"
    run_hook pre-command
    expect "${exported[FOUND]}" "$kept"
}

@test "an empty file is replaced, and a damaged one is removed with a message" {
    run_hook pre-command
    : >"$kept"
    run_hook pre-command
    is_kept
    expect "$(requests)" 2
    printf '#!/no/such/loader\n' >"$kept"
    run_hook environment
    expect_text "$errors" 'has been damaged since the download'
    [ ! -e "$kept" ]
    run_hook pre-command
    is_kept
    printf ' ' >"$kept"
    run_hook pre-command
    expect "$status" 1
    expect_text "$errors" 'has been damaged since the download'
    [ ! -e "$kept" ]
    # A failure alone is not damage.
    run_hook pre-command
    export STUB_STATUS=64
    run_hook pre-command
    expect "$status" 64
    expect "$errors" ''
    [ -e "$kept" ]
}

@test "a job that is cancelled while it fetches leaves nothing behind" {
    local directory=$BATS_TEST_TMPDIR/cancelled group
    for client in curl wget; do
        rm -rf "$directory" "$BATS_TEST_TMPDIR/tools"
        : >"$BATS_FILE_TMPDIR/requests"
        with_client "$client"
        export DOCKER_CACHE_DOWNLOAD_URL=$origin/silent
        agent_script "$directory" pre-command
        setsid "$directory/script" >"$directory/output" 2>"$directory/errors" 3>&- &
        group=$!
        wait_until test -s "$BATS_FILE_TMPDIR/requests"
        kill -TERM -- "-$group"
        status=0
        wait "$group" || status=$?
        expect "$status" 143
        expect "$(find "$HOME" ! -type d)" ''
        nothing_is_left
    done
}

@test "the hooks fetch under set -euo pipefail and leave nothing of their own in the shell" {
    local options
    for options in 'set -euo pipefail' 'set -aC; shopt -s nullglob; IFS=:; trap "echo bye" EXIT; trap "" USR1'; do
        rm -rf before after "$HOME"
        mkdir "$HOME"
        dump_around pre-command "$options" FOUND
        diff before after || fail "after '$options'"
        [ -x "$kept" ]
        rm -rf before after
        unset HOME
        "$hook_bash" ./script
        diff before after || fail "after '$options', for one job"
        export HOME=$BATS_TEST_TMPDIR/home
    done
    agent_prologue='set -euo pipefail'
    rm -rf "$HOME"
    export DOCKER_CACHE_DOWNLOAD_URL=$origin/404
    run_hook environment
    expect "$status" 0
    run_hook pre-command
    refused 'no such file'
}

@test "a binary that does not start is told apart, with the machine and what to do" {
    local hook signal processor
    export DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/docker-cache
    for hook in environment pre-command; do
        printf '#!/no/such/loader\n' >"$DOCKER_CACHE_BIN"
        chmod +x "$DOCKER_CACHE_BIN"
        run_hook "$hook"
        expect_text "$status" '12[67]'
        expect_text "$errors" "error: $DOCKER_CACHE_BIN"
        expect_text "$errors" "does not start on this machine \($(uname -s -m), .*libc"
        expect_text "$errors" "^  .*(not found|no such file|/no/such/loader)"
        expect_text "$errors" "^  $DOCKER_CACHE_BIN: "
        expect_text "$errors" 'It comes from DOCKER_CACHE_BIN'
        # As glibc's loader does.
        cat >"$DOCKER_CACHE_BIN" <<'BINARY'
#!/bin/sh
echo "$0: /lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.36' not found (required by $0)" >&2
echo "$0: another line" >&2
exit 1
BINARY
        run_hook "$hook"
        expect "$status" 1
        expect_text "$errors" 'does not start on this machine'
        expect_text "$errors" "^  .*GLIBC_2.36' not found"
        expect "$(grep -c '^docker-cache: error' <<<"$errors")" 1
        # A signal, without a message.
        for signal in '139 SEGV' '132 ILL' '159 SYS'; do
            # The stub's shell expands the dollar signs.
            # shellcheck disable=SC2016
            printf '#!/bin/sh\nkill -%s $$\n' "${signal#* }" >"$DOCKER_CACHE_BIN"
            run_hook "$hook"
            expect "$status" "${signal% *}"
            expect_text "$errors" 'does not start on this machine'
            expect_text "$errors" "^  it ended with status ${signal% *} \(SIG${signal#* }: .+\)$"
            expect_text "$errors" 'It comes from DOCKER_CACHE_BIN'
        done
        # The header of a binary for another processor: aarch64 (183), or there x86_64 (62).
        processor='\267'
        if [ "$(uname -m)" = aarch64 ]; then processor='\076'; fi
        printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0%b\0\1\0\0\0%040d' "$processor" 0 >"$DOCKER_CACHE_BIN"
        run_hook "$hook"
        expect "$status" 126
        expect_text "$errors" 'does not start on this machine'
        expect_text "$errors" "^  $DOCKER_CACHE_BIN: .*cannot execute binary file"
    done
    mkdir "$plugin/bin"
    mv "$DOCKER_CACHE_BIN" "$plugin/bin/docker-cache"
    unset DOCKER_CACHE_BIN
    run_hook environment
    expect_text "$errors" "plugin's bin"
}

@test "a released binary that does not start on this machine stays, and the message says what to do" {
    local other=$BATS_TEST_TMPDIR/other hook
    mkdir -p "$other/$name/bin"
    printf '#!/no/such/loader\n' >"$other/$name/bin/docker-cache"
    tar -czf "$other/$name.tar.gz" -C "$other" "$name"
    binary_checksum=$(sum <"$other/$name/bin/docker-cache")
    release "file:$other" "$(sum <"$other/$name.tar.gz")" "$binary_checksum"
    kept=$HOME/.cache/docker-cache/bin/$version/$binary_checksum/docker-cache
    for hook in pre-command environment pre-command; do
        run_hook "$hook"
        expect_text "$status" '12[67]'
        expect "$(grep -c 'docker-cache: error' <<<"$errors")" 1 messages
        expect_text "$errors" "^docker-cache: error: $kept$"
        expect_text "$errors" "does not start on this machine \($(uname -s -m), "
        expect_text "$errors" '^Build one in a checkout of the plugin, with script/build, on a machine like this'
        expect_text "$errors" '^DOCKER_CACHE_BIN to its path'
        expect "${#exported[@]}" 0 exports
        expect "$(sum <"$kept")" "$binary_checksum"
        nothing_is_left
    done
}

@test "a binary of another version is named where it refuses its options" {
    export DOCKER_CACHE_BIN=$BATS_TEST_TMPDIR/docker-cache STUB_STATUS=64
    make_binary "$DOCKER_CACHE_BIN" 1.2.2
    run_hook environment
    expect "$status" 64
    expect_text "$errors" "the plugin is version 1.2.3, and $DOCKER_CACHE_BIN"
    expect_text "$errors" 'is version 1.2.2'
    make_binary "$DOCKER_CACHE_BIN" 1.2.3
    run_hook environment
    expect "$status" 64
    expect "$errors" ''
    # Between releases, the released binary may lack an option of the plugin.
    sed -i '1i plugin 1.3.0' "$plugin/lib/release"
    run_hook environment
    expect "$status" 64
    expect_text "$errors" "the plugin is version 1.3.0, and $DOCKER_CACHE_BIN"
    expect_text "$errors" 'is version 1.2.3'
    # The same for one on PATH.
    mkdir "$BATS_TEST_TMPDIR/path"
    mv "$DOCKER_CACHE_BIN" "$BATS_TEST_TMPDIR/path"
    DOCKER_CACHE_BIN='' PATH=$BATS_TEST_TMPDIR/path:$PATH run_hook environment
    expect "$status" 64
    expect_text "$errors" "the plugin is version 1.3.0, and $BATS_TEST_TMPDIR/path/docker-cache"
    expect_text "$errors" 'Build one in a checkout of the plugin'
    mv "$BATS_TEST_TMPDIR/path/docker-cache" "$DOCKER_CACHE_BIN"
    # The version is checked neither after a failed build nor after a success.
    : >"$STUB_LOG"
    STUB_STATUS=17 run_hook pre-command
    STUB_STATUS=0 run_hook pre-command
    run ! grep -e --version "$STUB_LOG"
}

@test "script/install puts the release on a machine, from a server or a directory" {
    local from prefix client file
    cp -R "$root/script" "$plugin"
    for client in curl busybox; do
        for from in '' "--from $BATS_FILE_TMPDIR/files" "--from $origin/moved"; do
            rm -rf "$BATS_TEST_TMPDIR/tools"
            with_client "$client"
            ln -sf "$(type -P dirname)" "$BATS_TEST_TMPDIR/tools/dirname"
            # shellcheck disable=SC2086
            PATH=$BATS_TEST_TMPDIR/tools "$plugin/script/install" --prefix prefix --version v$version $from
            expect "$(sum <prefix/bin/docker-cache)" "$binary_checksum"
            expect "$(stat -c %a prefix/bin/docker-cache)" 755
            for file in man/man1/docker-cache.1 bash-completion/completions/docker-cache \
                zsh/site-functions/_docker-cache fish/vendor_completions.d/docker-cache.fish; do
                cmp "$BATS_FILE_TMPDIR/$name/share/$file" "prefix/share/$file"
                expect "$(stat -c %a:%u "prefix/share/$file")" "644:$(id -u)"
            done
            # With it, doctor knows which binary was released.
            cmp "$plugin/lib/release" prefix/share/docker-cache/release
            expect "$(stat -c %a prefix/share/docker-cache/release)" 644
            expect "$(find prefix ! -type d | wc -l)" 6
            rm -r prefix
            nothing_is_left
        done
    done
}

@test "script/install leaves what is installed if the new binary does not start on this machine" {
    local stub shown from=$BATS_TEST_TMPDIR/from
    cp -R "$root/script" "$plugin"
    "$plugin/script/install" --prefix prefix --from "$BATS_FILE_TMPDIR/files"
    cp -R prefix before
    cp -R "$BATS_FILE_TMPDIR/$name" "$BATS_TEST_TMPDIR"
    mkdir "$from"
    for stub in '#!/no/such/loader' '#!/bin/sh
echo "version GLIBC_2.99 not found"
exit 127' '#!/bin/sh
kill -ILL $$'; do
        case $stub in
            *loader) shown='(/no/such/loader|not found|No such file)' ;;
            *GLIBC*) shown='version GLIBC_2.99 not found' ;;
            *) shown='it ended with status 132' ;;
        esac
        printf '%s\n' "$stub" >"$BATS_TEST_TMPDIR/$name/bin/docker-cache"
        tar -czf "$from/$name.tar.gz" -C "$BATS_TEST_TMPDIR" "$name"
        release "file:$from" "$(sum <"$from/$name.tar.gz")" "$(sum <"$BATS_TEST_TMPDIR/$name/bin/docker-cache")"
        run -1 "$plugin/script/install" --prefix prefix
        expect_text "$output" "docker-cache $version does not start on this machine, $(uname -s -m):"
        expect_text "$output" "^  .*$shown"
        expect_text "$output" 'Nothing was installed. .*script/build'
        diff -r before prefix
        nothing_is_left
    done
}

@test "script/install works with a TMPDIR that is mounted noexec" {
    mount_tmpfs noexec
    cp -R "$root/script" "$plugin"
    TMPDIR=$mounted run -0 "$plugin/script/install" --prefix prefix --from "$BATS_FILE_TMPDIR/files"
    expect "$(sum <prefix/bin/docker-cache)" "$binary_checksum"
    expect "$(ls -A "$mounted")" '' 'what is left'
}

@test "script/install installs nothing that is not what lib/release says" {
    cp -R "$root/script" "$plugin"
    run "$plugin/script/install" --prefix prefix --from "$origin/wrong"
    expect "$status" 1
    expect_text "$output" 'The download is not this plugin.s archive'
    expect_text "$output" 'name its location with --from'
    run "$plugin/script/install" --prefix prefix --from ftp://x/y
    expect "$status" 64
    expect "$output" "install: --from is 'ftp://x/y': expected a URL that begins with https://, http:// or file:/."
    DOCKER_CACHE_DOWNLOAD_TIMEOUT=0 run "$plugin/script/install" --prefix prefix
    expect "$status" 64
    expect "$output" "install: DOCKER_CACHE_DOWNLOAD_TIMEOUT is '0': expected a number of seconds, at least 1."
    run "$plugin/script/install" --prefix prefix --version 1.2.4
    expect "$status" 1
    expect_text "$output" 'Check out its tag, v1.2.4'
    run "$plugin/script/install" --prefix prefix --from "$BATS_TEST_TMPDIR"
    expect "$status" 1
    expect_text "$output" 'No such file'
    [ ! -e prefix ]
    run "$plugin/script/install" --prefix /proc/prefix
    expect "$status" 1
    expect_text "$output" 'another --prefix'
    for arguments in --prefix --unknown; do
        run "$plugin/script/install" "$arguments"
        expect "$status" 64
    done
    run "$plugin/script/install" --help
    expect "$status" 0
    expect_text "$output" '^Examples:'
    release "$origin/ok"
    run "$plugin/script/install" --prefix prefix
    expect "$status" 1
    expect_text "$output" 'has not been released yet'
    expect_text "$output" 'script/build'
    nothing_is_left
}

@test "lib/release names the last release, or the version of the sources, under the plugin's owner" {
    released=$(sed -n 's/^version //p' "$root/lib/release")
    sources=$(sed -n 's/.*static let current = "\(.*\)"/\1/p' "$root/Sources/Host/ProductVersion.swift")
    address=$(cat "$root/lib/plugin-address")
    expect "${address##*#}" "v$sources" 'the version in the address'
    expect "$(head -n 1 "$root/plugin.yml")" "# Version $sources" 'the version in plugin.yml'
    if ! grep -q '^linux-' "$root/lib/release"; then expect "$released" "$sources" 'the version in lib/release'; fi
    expect "$(sed -n 's/^url //p' "$root/lib/release")" \
        "https://github.com/${address%%/*}/docker-cache-buildkite-plugin/releases/download/v$released"
}
