# shellcheck shell=bash
#
# Sourced. Uses docker_cache_lib and docker_cache_platform, and reads the release for that platform from lib/release. If
# there is none, both checksums are empty. Bash 3.2, without a process.
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
            # The version of this tree, if it is newer than that release.
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
