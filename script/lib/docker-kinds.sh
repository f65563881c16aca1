# shellcheck shell=bash
#
# The kinds of Docker that tests run on. script/setup installs them with install-docker-root; services.sh runs them.
#
#     docker_kinds               all of them, the default first
#     docker_release KIND        the version of its client and its daemon
#     docker_root RELEASE        where that release is installed; empty for this machine's own
#
# This machine's own docker.io is 20.10 (Debian 12). The other releases are from Debian's later suites, each in a
# separate root, so that nothing on this machine is replaced.

# Used by the scripts that source this file.
# shellcheck disable=SC2034
readonly docker_kinds=(28.5-containerd 28.5 26.1 20.10 20.10-legacy)
readonly docker_root_releases=(28.5 26.1)

# shellcheck source=test-tools.sh
. "$(dirname "${BASH_SOURCE[0]}")/test-tools.sh"

docker_release() { printf '%s\n' "${1%%-*}"; }

docker_root() {
    case $1 in
        20.10) ;;
        *) printf '%s/docker-%s\n' "$(test_cache_directory)" "$1" ;;
    esac
}
