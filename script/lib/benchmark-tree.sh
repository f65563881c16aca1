# shellcheck shell=bash
#
# Trees of files to measure with. Sourced by script/benchmark's kinds.
#
# shellcheck disable=SC2154

# make_tree FILES: a tree of that many files of about 3 KB, 100 in a directory.
make_tree() {
    local tree=$directory/tree-$1 group=0 count=$(($1 / 100))
    [ ! -e "$tree.complete" ] || return 0
    rm -rf "$tree"
    say "making $1 files"
    while [ "$group" -lt "$count" ]; do
        local place=$tree/part-$((group / 100))/group-$((group % 100))
        mkdir -p "$place"
        head -c 299900 /dev/urandom | split -b 2999 -a 2 -d - "$place/file-"
        group=$((group + 1))
    done
    printf '.git\n' >"$tree/.dockerignore"
    printf 'FROM scratch\nCOPY . /context\n' >"$tree/Dockerfile"
    if [ "$1" -le 100000 ]; then
        (
            cd "$tree" || exit
            git init -q .
            git add -A
            git -c user.name=benchmark -c user.email=benchmark@localhost commit -qm 'Files to measure'
        )
    fi
    : >"$tree.complete"
}
