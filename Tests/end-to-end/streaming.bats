#!/usr/bin/env bats
#
# The builder's output: unchanged, without delay, and on a terminal if we have one.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    job=$BATS_TEST_TMPDIR/job
    agent_script "$job" pre-command
}

teardown() {
    end_to_end_teardown
    if [ -n "${running:-}" ]; then kill -KILL -- "-$running" 2>/dev/null || true; fi
}

# run_on_terminal: runs the hook as an agent does, on a terminal, and sets `shown` to the terminal's output
run_on_terminal() {
    status=0
    script --quiet --flush --return --command "$job/script" "$job/shown" </dev/null >/dev/null 2>&1 || status=$?
    shown=$(<"$job/shown")
    printf '%s\n' "status $status" "$shown"
}

# builder_says SCRIPT: a docker whose builds first run SCRIPT, then the real build without output
builder_says() {
    cat >"$BATS_TEST_TMPDIR/watch/docker" <<WATCH
#!/usr/bin/env bash
printf '%s\n' "\$*" >>'$docker_calls'
case " \$1 \${2:-} " in
    ' build '* | ' buildx build ')
        $1
        exec '$real_docker' "\$@" >/dev/null 2>&1
        ;;
esac
exec '$real_docker' "\$@"
WATCH
}

wait_for_hold() { printf "while [ -e '%s/hold' ]; do sleep 0.1; done" "$BATS_TEST_TMPDIR"; }

has_line() { grep -aqxF -- "$2" "$1"; }

@test "on a terminal the builder sees one, and it is as wide as ours" {
    # In a substitution, the first stream would be the substitution's own.
    builder_says 'exec 8>&1 9>&2
        for stream in 8 9; do
            if [ -t "$stream" ]; then
                echo "stream $stream: $(stty size <&"$stream" | cut -d" " -f2) columns" >&"$stream"
            else
                echo "stream $stream: none" >&"$stream"
            fi
        done'
    agent_prologue='stty cols 93 <&1'
    agent_script "$job" pre-command
    run_on_terminal
    expect "$status" 0 status
    expect_text "$shown" 'stream 8: 93 columns'
    expect_text "$shown" 'stream 9: 93 columns'
}

@test "on a terminal BuildKit writes lines, and draws where the job asks for it; in a file it does not" {
    local escape=$'\033['
    run_on_terminal
    expect "$status" 0 status
    [[ $shown != *"$escape"* ]] || fail "there are control sequences among the lines"
    expect_text "$shown" 'exporting to image'
    echo changed >>content.txt
    BUILDKIT_PROGRESS='tty' run_on_terminal
    expect "$status" 0 status
    [[ $shown == *"$escape"* ]] || fail "BuildKit wrote no control sequence"
    expect_text "$shown" 'exporting to image'
    echo changed >>content.txt
    run_job
    expect_outcome miss
    [[ $output$errors != *"$escape"* ]] || fail "there are control sequences in a file"
}

@test "without a terminal the builder sees none" {
    builder_says 'for stream in 1 2; do
            if [ -t "$stream" ]; then echo "stream $stream is a terminal"; else echo "stream $stream is none"; fi
        done'
    run_job
    expect_outcome miss
    expect_text "$output" 'stream 1 is none'
    expect_text "$output" 'stream 2 is none'
}

@test "every line is shown while the builder still works" {
    touch "$BATS_TEST_TMPDIR/hold"
    builder_says "echo 'a line of output'; echo 'a line of errors' >&2; printf 'half a line'; $(wait_for_hold)"
    setsid "$job/script" >"$job/output" 2>"$job/errors" </dev/null 3>&- &
    running=$!
    wait_until has_line "$job/output" 'a line of output'
    wait_until has_line "$job/errors" 'a line of errors'
    # An incomplete line is also shown at once: builders prompt and draw in this way.
    wait_until grep -aq 'half a line$' "$job/output"
    kill -0 "$running" || fail "the hook has ended"
    rm "$BATS_TEST_TMPDIR/hold"
    status=0
    wait "$running" || status=$?
    running=''
    expect "$status" 0 status
}

@test "every line goes through a pipe while the builder still works" {
    local line
    touch "$BATS_TEST_TMPDIR/hold"
    mkfifo "$job/pipe"
    builder_says "echo 'a line of output'; $(wait_for_hold)"
    setsid "$job/script" >"$job/pipe" 2>"$job/errors" </dev/null 3>&- &
    running=$!
    # Kept open, so that the test ends with its own timeout if the line does not arrive.
    while IFS= read -r line; do
        if [ "$line" = 'a line of output' ] && [ -e "$BATS_TEST_TMPDIR/hold" ]; then
            rm "$BATS_TEST_TMPDIR/hold"
            seen=yes
        fi
    done <"$job/pipe"
    expect "${seen:-no}" yes "whether the line was seen before the build ended"
    wait "$running"
    running=''
}

@test "what the builder writes arrives byte for byte" {
    local sample=$BATS_TEST_TMPDIR/sample
    # Progress that overwrites itself, colours, bytes that are not valid text, and no newline at the end.
    printf 'one\r\ntwo 10%%\rtwo 20%%\r\033[31mred\033[0m\a\0 \377\376 \303\266 end' >"$sample"
    head -c 200000 /dev/urandom >>"$sample"
    builder_says "cat '$sample'; cat '$sample' >&2"
    run_hook pre-command >/dev/null
    expect "$status" 0 status
    python3 - "$sample" "$BATS_TEST_TMPDIR"/hook-*/output "$BATS_TEST_TMPDIR"/hook-*/errors <<'PYTHON'
import sys

sample, *streams = [open(name, "rb").read() for name in sys.argv[1:]]
for stream in streams:
    assert sample in stream, "what was written is not there as it was"
PYTHON
}
