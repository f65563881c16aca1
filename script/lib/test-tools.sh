# shellcheck shell=bash
#
# Where programs are that only tests use. script/setup installs them; services.sh and provider-services.sh run them.

test_requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/test-requirements.txt

# Tests have their own home directory. The variable gives them this directory.
test_cache_directory() {
    printf '%s\n' "${DOCKER_CACHE_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/docker-cache-tests}"
}

# Named after its content, so that a newer list is installed next to the older one.
test_tools_directory() {
    printf '%s/python-%s\n' "$(test_cache_directory)" "$(sha256sum "$test_requirements" | cut -c 1-12)"
}

# The files for the roots of Tests/roots. The number changes with the list in install-test-roots.
test_roots_directory() { printf '%s/roots-2\n' "$(test_cache_directory)"; }

# The mirror of Debian's packages that this machine uses.
debian_mirror() {
    local mirror
    # apt-get expands the dollar sign.
    # shellcheck disable=SC2016
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
    mirror=${mirror:-http://deb.debian.org/debian}
    printf '%s\n' "${mirror%/}"
}
