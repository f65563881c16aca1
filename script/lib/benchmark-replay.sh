# shellcheck shell=bash
#
# How often images would have hit over the history of a repository. Sourced by script/benchmark.
#
# shellcheck disable=SC2034,SC2154

rows=''
notes=''
for repository in "${operands[@]}"; do
    say "replaying the last $commits commits of $repository"
    result=$(python3 "$root/script/lib/replay.py" "$repository" --binary "$binary" --commits "$commits")
    rows+=$(head -n 1 <<<"$result")$'\n'
    more=$(tail -n +3 <<<"$result")
    name=$(head -n 1 <<<"$result" | cut -d'|' -f2 | xargs)
    if [ -n "$more" ]; then notes+=$'\n'"In $name:"$'\n\n'"$more"$'\n'; fi
done

write_section 'Replayed histories' <<REPORT
$(machine)

Each commit is checked out into one directory, and each image is looked up once per commit. A lookup hits if an earlier
commit of the replay had the same key. The table compares keys over the commit, over the whole context and over what is
copied. It also has the milliseconds for a key, and how many keys fell back to the whole context. Base images are
unknown, because no registry is queried.

| repository | images | commits | lookups | by commit | by context | by copied | ms context | ms copied | fell back |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|
$rows$notes
REPORT
