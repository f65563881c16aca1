# shellcheck shell=bash
#
# Where programs are that only tests use: script/setup installs them, services.sh and provider-services.sh run them.

test_requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/test-requirements.txt

# Tests have a home of their own, and are told by the variable.
test_cache_directory() {
    printf '%s\n' "${DOCKER_CACHE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/docker-cache-tests}"
}

# Named after what is in it, so that a newer list is installed beside the older one.
test_tools_directory() {
    printf '%s/python-%s\n' "$(test_cache_directory)" "$(sha256sum "$test_requirements" | cut -c 1-12)"
}
