# shellcheck shell=bash
#
# Where the Python programs are that tests use: script/setup installs them, provider-services.sh runs them.

test_requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/test-requirements.txt

# Named after what is in it, so that a newer list is installed beside the older one.
test_tools_directory() {
    printf '%s/docker-cache-tests/python-%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}" \
        "$(sha256sum "$test_requirements" | cut -c 1-12)"
}
