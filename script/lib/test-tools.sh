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

# What the roots of Tests/roots are made of. The number changes with the list in install-test-roots.
test_roots_directory() { printf '%s/roots-1\n' "$(test_cache_directory)"; }

# Where this machine gets Debian's packages from.
debian_mirror() {
    local mirror
    # The dollar sign is apt-get's.
    # shellcheck disable=SC2016
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
    mirror=${mirror:-http://deb.debian.org/debian}
    printf '%s\n' "${mirror%/}"
}
