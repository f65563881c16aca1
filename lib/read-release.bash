# shellcheck shell=bash
#
# Sourced. Takes docker_cache_lib and docker_cache_platform; reads from lib/release what was released for that platform.
# Where that is nothing, both checksums are empty. Bash 3.2, without a process.
# shellcheck disable=SC2034,SC2154

docker_cache_version=''
docker_cache_plugin=''
docker_cache_url=''
docker_cache_archive_checksum=''
docker_cache_binary_checksum=''
if [ -r "$docker_cache_lib/release" ]; then
    while IFS=' ' read -r docker_cache_field docker_cache_value docker_cache_second; do
        case $docker_cache_field in
            version) docker_cache_version=$docker_cache_value ;;
            # Of this tree, where it has moved on since that release.
            plugin) docker_cache_plugin=$docker_cache_value ;;
            url) docker_cache_url=$docker_cache_value ;;
            "$docker_cache_platform")
                docker_cache_archive_checksum=$docker_cache_value
                docker_cache_binary_checksum=$docker_cache_second
                ;;
        esac
    done <"$docker_cache_lib/release"
fi
: "${docker_cache_plugin:=$docker_cache_version}"
unset docker_cache_field docker_cache_value docker_cache_second
