# shellcheck shell=bash
#
# Sourced by the hooks. Sets docker_cache_binary, and docker_cache_origin to its source: DOCKER_CACHE_BIN, plugin, PATH
# or fetched. If this machine has no binary, both are empty, and pre-command fetches one. Fails only if DOCKER_CACHE_BIN
# is wrong, which is wrong configuration: the hooks then end with status 64.
#
# Bash 3.2, and no functions, because they would stay defined in the agent's shell. Every process takes 2 ms of a hit
# that takes 50. There is at most one: `ls` for a fetched binary, or --version for one on PATH.

docker_cache_binary=''
docker_cache_origin=''
docker_cache_lib=${BASH_SOURCE[0]%/*}
if [ -n "${DOCKER_CACHE_BIN:-}" ]; then
    # Set by the owner of the agents, so no other binary is used instead.
    docker_cache_origin=DOCKER_CACHE_BIN
    if [ -f "$DOCKER_CACHE_BIN" ] && [ -x "$DOCKER_CACHE_BIN" ]; then
        docker_cache_binary=$DOCKER_CACHE_BIN
    else
        echo "docker-cache: error: DOCKER_CACHE_BIN is '$DOCKER_CACHE_BIN', which is not an executable file." \
            "Correct it in the agent's environment hook. Or unset it: then the plugin finds its own." >&2
    fi
elif [ -f "$docker_cache_lib/../bin/docker-cache" ] && [ -x "$docker_cache_lib/../bin/docker-cache" ]; then
    docker_cache_origin=plugin
    docker_cache_binary=$docker_cache_lib/../bin/docker-cache
else
    if [ -z "${docker_cache_platform:-}" ]; then
        # The machine for which bash was built. If lib/release lacks that platform, a hook that fetches runs uname.
        case ${OSTYPE:-} in linux*) docker_cache_platform=linux-${HOSTTYPE:-} ;; esac
    fi
    : "${docker_cache_platform:=unknown}"
    # shellcheck source=read-release.bash
    . "$docker_cache_lib/read-release.bash"

    # The first on PATH, if it has the plugin's version. A binary with another version is remembered for a message.
    docker_cache_other=''
    docker_cache_rest=${PATH:-}:
    while [ -n "$docker_cache_rest" ]; do
        docker_cache_file=${docker_cache_rest%%:*}/docker-cache
        docker_cache_rest=${docker_cache_rest#*:}
        # Skips relative directories: the current directory may be the checkout.
        case $docker_cache_file in /*) ;; *) continue ;; esac
        if ! [ -f "$docker_cache_file" ] || ! [ -x "$docker_cache_file" ]; then continue; fi
        docker_cache_other=$(exec "$docker_cache_file" --version 2>/dev/null </dev/null) || docker_cache_other=''
        case $docker_cache_other in
            '') ;;
            "$docker_cache_plugin" | "$docker_cache_version")
                docker_cache_origin=PATH
                docker_cache_binary=$docker_cache_file
                ;;
        esac
        docker_cache_other="$docker_cache_file, version ${docker_cache_other:-unknown}"
        break
    done

    # The fetched binary. docker_cache_fetched is its path, whether it exists or not, or empty.
    docker_cache_home=''
    docker_cache_fetched=''
    case ${HOME:-} in /*) docker_cache_home=${HOME%/}/.cache ;; esac
    case ${XDG_CACHE_HOME:-} in /*) docker_cache_home=${XDG_CACHE_HOME%/} ;; esac
    docker_cache_directory=$docker_cache_home/docker-cache/bin
    if [ -n "$docker_cache_home" ] && [ -n "$docker_cache_binary_checksum" ]; then
        docker_cache_fetched=$docker_cache_directory/$docker_cache_version/$docker_cache_binary_checksum/docker-cache
    fi
    # The binary and its directories must be ours and must not be links. Below bin, which we make, only we may write.
    # Above it, all users may write only to a directory with a sticky bit.
    if [ -z "$docker_cache_binary" ] && [ -n "$docker_cache_fetched" ] &&
        [ -f "$docker_cache_fetched" ] && [ -x "$docker_cache_fetched" ] && [ -s "$docker_cache_fetched" ] &&
        [ -O "$docker_cache_fetched" ] && ! [ -L "$docker_cache_fetched" ] &&
        [ -O "${docker_cache_fetched%/*}" ] && ! [ -L "${docker_cache_fetched%/*}" ] &&
        [ -O "$docker_cache_directory/$docker_cache_version" ] &&
        ! [ -L "$docker_cache_directory/$docker_cache_version" ] &&
        [ -O "$docker_cache_directory" ] && ! [ -L "$docker_cache_directory" ] &&
        [ -O "$docker_cache_home/docker-cache" ]; then
        docker_cache_rest=$(
            exec ls -ldnL "$docker_cache_home" "$docker_cache_home/docker-cache" "$docker_cache_directory" \
                "$docker_cache_directory/$docker_cache_version" "${docker_cache_fetched%/*}" "$docker_cache_fetched" \
                2>/dev/null
        ) || docker_cache_rest=drwxrwxrwx
        docker_cache_binary=$docker_cache_fetched
        docker_cache_origin=fetched
        while [ -n "$docker_cache_rest" ]; do
            case ${docker_cache_rest%%$'\n'*} in
                *"$docker_cache_directory"*)
                    case $docker_cache_rest in ?????w* | ????????w*) docker_cache_binary='' ;; esac
                    ;;
                ????????w[!tT]*) docker_cache_binary='' ;;
            esac
            case $docker_cache_rest in
                *$'\n'*) docker_cache_rest=${docker_cache_rest#*$'\n'} ;;
                *) docker_cache_rest='' ;;
            esac
        done
        if [ -z "$docker_cache_binary" ]; then docker_cache_origin=''; fi
    fi
    unset docker_cache_rest docker_cache_file
fi
[ -n "$docker_cache_binary" ] || [ "$docker_cache_origin" != DOCKER_CACHE_BIN ]
