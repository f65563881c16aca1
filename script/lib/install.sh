# shellcheck shell=bash
#
# Installs the tool, its manual page and the completions where shells look for them. Sourced.

# install_docker_cache BINARY PREFIX
# The binary itself prints all other files.
install_docker_cache() { install_files "$2" print_built "$1"; }

# install_files PREFIX COMMAND...
# The command's last argument is a path below the prefix, and it prints that file. Files are written whole, or not at
# all.
install_files() {
    local prefix=$1 mode path
    shift
    while read -r mode path; do
        install_from "$prefix/$path" "$mode" "$@" "$path" </dev/null || return
    done <<'FILES'
0755 bin/docker-cache
0644 share/man/man1/docker-cache.1
0644 share/bash-completion/completions/docker-cache
0644 share/zsh/site-functions/_docker-cache
0644 share/fish/vendor_completions.d/docker-cache.fish
FILES
}

# print_built BINARY PATH
print_built() {
    case $2 in
        bin/*) cat "$1" ;;
        */man/*) "$1" manual ;;
        */bash-completion/*) "$1" --generate-completion-script bash ;;
        */zsh/*) "$1" --generate-completion-script zsh ;;
        */fish/*) "$1" --generate-completion-script fish ;;
    esac
}

# install_from FILE MODE COMMAND...: writes the output of the command to the file
install_from() {
    local file=$1 mode=$2 temporary
    shift 2
    mkdir -p "$(dirname "$file")" || return
    temporary=$(mktemp "$(dirname "$file")/.docker-cache.XXXXXX") || return
    if "$@" >"$temporary" && chmod "$mode" "$temporary" && mv -f "$temporary" "$file"; then return 0; fi
    rm -f "$temporary"
    return 1
}
