# shellcheck shell=bash
#
# Puts the tool, its manual page and the completions for shells where these look for them. Sourced.

# install_docker_cache BINARY PREFIX
# Everything but the binary is printed by the binary itself. A file is there in whole or not at all.
install_docker_cache() {
    local binary=$1 prefix=$2
    install_from "$prefix/bin/docker-cache" 0755 cat "$binary" || return
    install_from "$prefix/share/man/man1/docker-cache.1" 0644 "$binary" manual || return
    install_from "$prefix/share/bash-completion/completions/docker-cache" 0644 \
        "$binary" --generate-completion-script bash || return
    install_from "$prefix/share/zsh/site-functions/_docker-cache" 0644 \
        "$binary" --generate-completion-script zsh || return
    install_from "$prefix/share/fish/vendor_completions.d/docker-cache.fish" 0644 \
        "$binary" --generate-completion-script fish
}

# install_from FILE MODE COMMAND...: what the command writes becomes the file
install_from() {
    local file=$1 mode=$2 temporary
    shift 2
    mkdir -p "$(dirname "$file")" || return
    temporary=$(mktemp "$(dirname "$file")/.docker-cache.XXXXXX") || return
    if "$@" >"$temporary" && chmod "$mode" "$temporary" && mv -f "$temporary" "$file"; then return 0; fi
    rm -f "$temporary"
    return 1
}
