# shellcheck shell=bash
#
# Sourced by the hooks. Sets docker_cache_binary; where there is none, says how to get one and fails.
# Bash 3.2, no function, because whatever is defined here would be left in the agent's shell.

docker_cache_binary=''
if [ -n "${DOCKER_CACHE_BIN:-}" ]; then
    # Named by the owner of the agents: another one in its place could only surprise.
    if [ -f "$DOCKER_CACHE_BIN" ] && [ -x "$DOCKER_CACHE_BIN" ]; then
        docker_cache_binary=$DOCKER_CACHE_BIN
    else
        echo "docker-cache: DOCKER_CACHE_BIN is '$DOCKER_CACHE_BIN', which is no executable file." >&2
    fi
else
    docker_cache_binary=${BASH_SOURCE[0]%/*}/../bin/docker-cache
    if ! [ -f "$docker_cache_binary" ] || ! [ -x "$docker_cache_binary" ]; then
        docker_cache_binary=$(type -P docker-cache) || docker_cache_binary=''
    fi
    if [ -z "$docker_cache_binary" ]; then
        cat >&2 <<'MESSAGE'
docker-cache: the plugin's binary is not on this machine. One of these gives it one:
  - run script/build in a checkout of the plugin; it makes bin/docker-cache, which the plugin finds there
  - put docker-cache on the PATH of the agent
  - set DOCKER_CACHE_BIN to the path of the binary, in the agent's environment
MESSAGE
    fi
fi
[ -n "$docker_cache_binary" ]
