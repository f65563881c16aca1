# shellcheck shell=bash
#
# The kinds of Docker that tests run on. script/setup installs them, services.sh runs them.
#
#     docker_kinds                     all of them, the default first
#     docker_release KIND              the version of its client and its daemon
#     docker_root RELEASE              where that release is installed; nothing for this machine's own
#     install_docker_root RELEASE
#
# This machine's own docker.io is 20.10 (Debian 12). The others are from Debian's later suites, each in a root of its
# own, so that nothing of this machine is replaced.

# Read by those who source this.
# shellcheck disable=SC2034
readonly docker_kinds=(28.5-containerd 28.5 26.1 20.10 20.10-legacy)
readonly docker_root_releases=(28.5 26.1)

# shellcheck source=test-tools.sh
. "$(dirname "${BASH_SOURCE[0]}")/test-tools.sh"

docker_release() { printf '%s\n' "${1%%-*}"; }

docker_suite() {
    case $1 in
        28.5) echo forky ;;
        26.1) echo trixie ;;
    esac
}

docker_root() {
    case $1 in
        20.10) ;;
        *) printf '%s/docker-%s\n' "$(test_cache_directory)" "$1" ;;
    esac
}

# install_docker_root RELEASE: into a directory beside the final one, which is renamed when it is complete.
install_docker_root() (
    set -euo pipefail
    local release=$1 root suite new installed
    root=$(docker_root "$release")
    suite=$(docker_suite "$release")
    if [ -d "$root" ]; then return 0; fi
    mkdir -p "$(dirname "$root")"
    exec 9>"$root.lock"
    flock 9
    if [ -d "$root" ]; then return 0; fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "Docker $release is installed by root alone. Run script/setup --with-test-services as root once." >&2
        return 1
    fi
    new=$root.new
    rm -rf --one-file-system "$new"
    # All suites after Debian 10 are made in the same way; the script of a suite is missing in an older debootstrap.
    debootstrap --variant=minbase --include=docker.io,docker-cli,docker-buildx,ca-certificates,iptables \
        "$suite" "$new" "$(debian_mirror)" /usr/share/debootstrap/scripts/sid 9>&-
    rm -rf "$new/var/cache/apt" "$new/var/lib/apt/lists"
    # The daemon uses this machine's names, and the authorities that tests put into /etc/docker/certs.d.
    mkdir -p "$new/host/etc" "$new/etc/docker"
    ln -sf /host/etc/hosts /host/etc/resolv.conf "$new/etc/"
    rm -rf "$new/etc/docker/certs.d"
    ln -s /host/etc/docker/certs.d "$new/etc/docker/certs.d"
    installed=$("$new/usr/bin/docker" --version)
    case $installed in
        *" $release."*) ;;
        *) echo "Debian's $suite now has $installed. Tests named after $release run on that." >&2 ;;
    esac
    mv "$new" "$root"
)

# Where this machine gets Debian's packages from.
debian_mirror() {
    local mirror
    # The dollar sign is apt-get's.
    # shellcheck disable=SC2016
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
    printf '%s\n' "${mirror:-http://deb.debian.org/debian}"
}
