#!/usr/bin/env bats
#
# What docker-cache stats says of lookups, in every format; the page in a real browser; the annotation of a build.
#
# Every test is a process of its own, and helper.bash sets what is read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    tests=$BATS_TEST_DIRNAME
}

teardown() { end_to_end_teardown; }

# No docker in these: the events are made up.
new_index() {
    mkdir -p "$(dirname "$index")"
    : >"$index"
    stats >/dev/null
}

stats() { "$DOCKER_CACHE_BIN" stats --index "$index" "$@"; }

# made_up EVENTS: with names that mean something to terminals, browsers and spreadsheets
made_up() {
    seed=$RANDOM
    echo "seed $seed"
    new_index
    python3 - "$index" "$seed" "$1" "$tests/../../script/lib" <<'PYTHON'
import sqlite3, sys, time
sys.path.insert(0, sys.argv[4])
import made_up_index
database = sqlite3.connect(sys.argv[1])
made_up_index.fill(database, int(sys.argv[2]), int(sys.argv[3]), 50, 100, int(time.time() * 1000), odd_names=True)
PYTHON
}

# A buildkite-agent that notes its arguments and what it reads; there is no real one without Buildkite.
stub_agent() {
    cat >"$BATS_TEST_TMPDIR/watch/buildkite-agent" <<AGENT
#!/usr/bin/env bash
printf '%s\n' "\$@" >'$BATS_TEST_TMPDIR/agent-arguments'
cat >'$BATS_TEST_TMPDIR/agent-input'
echo 'agent: not allowed' >&2
exit $1
AGENT
    chmod +x "$BATS_TEST_TMPDIR/watch/buildkite-agent"
}

# insert_event IMAGE OUTCOME REASON BUILD PIPELINE
insert_event() {
    sqlite3 "$index" "
        INSERT INTO events (at, image, provider, outcome, reason, pipeline, build, step, total_milliseconds)
        VALUES ($(date +%s%3N), '$1', 'local', '$2', $3, '$5', '$4', 'te|st', 1500)"
}

@test "every number of every format is that of a plain computation, over 100,000 events" {
    new_index
    python3 "$tests/stats_check.py" "$DOCKER_CACHE_BIN" "$index" "$RANDOM" 100000
}

@test "Prometheus' own tool finds nothing wrong with the metrics" {
    type -P promtool >/dev/null || skip 'there is no promtool; script/setup --with-test-services installs it'
    made_up 5000
    stats --format prometheus --max-size 1TB >"$BATS_TEST_TMPDIR/metrics"
    run promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
    expect "$status" 0 status
    expect "$output" '' output
}

@test "an empty index has numbers too, in every format" {
    new_index
    for format in text json prometheus csv; do stats --format "$format" >"$BATS_TEST_TMPDIR/$format"; done
    expect_text "$(cat "$BATS_TEST_TMPDIR/text")" 'no lookup has asked yet'
    expect "$(jq .totals.hit_rate "$BATS_TEST_TMPDIR/json")" null 'hit rate'
    expect "$(tail -n 1 "$BATS_TEST_TMPDIR/csv" | tr -d '\r')" '0,0,0,0,0,0,0,0,0,0,0,0,0,0,' CSV
    stats --html "$BATS_TEST_TMPDIR/page.html"
    expect_text "$(cat "$BATS_TEST_TMPDIR/page.html")" 'No lookups'
}

@test "a file is there whole, for everybody to read, and what was there stays if it cannot be written" {
    made_up 100
    file=$BATS_TEST_TMPDIR/docker-cache.prom
    (umask 077 && stats --format prometheus --output "$file")
    expect "$(stat -c %a "$file")" 644 mode
    stats --format prometheus | cmp - "$file"
    (umask 022 && stats --format json --output "$file")
    jq -e .version "$file"
    expect "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name '.*.new')" '' 'temporary files'
    stats --output /dev/null
    [ -c /dev/null ]
    for place in "$BATS_TEST_TMPDIR/missing/file" "$BATS_TEST_TMPDIR"; do
        run --separate-stderr stats --output "$place"
        expect "$status" 1 status
        expect_text "$stderr" 'could not be written'
    done
}

@test "counters never go back when old events are removed, and begin again after a reset" {
    made_up 1000
    before=$(stats --format prometheus)
    sqlite3 "$index" 'DELETE FROM events WHERE id <= 600'
    expect "$(stats --format prometheus)" "$before" metrics
    expect "$(stats --reset)" 'Forgot 1000 lookups.' reset
    expect "$(stats --format json | jq .totals.lookups)" 0 lookups
    expect "$(query 'SELECT count(*) FROM entries')" 50 entries
}

@test "wrong usage is status 64, names what is allowed, and does nothing" {
    made_up 10
    while IFS='~' read -r arguments pattern; do
        # Words of the table.
        # shellcheck disable=SC2086
        run --separate-stderr stats $arguments
        expect "$status" 64 "status of $arguments"
        expect "$output" '' "output of $arguments"
        expect_text "$stderr" "$pattern"
    done <<'TABLE'
--since 7x~expected 30m, 24h, 7d or 2w
--since 2026-02-30~expected
--since 0d~expected
--until never~expected
--since 1d --until 2d~--until is not after --since
--by team~pipeline
--format xml~prometheus
--max-size huge~500MB
--format prometheus --since 7d~takes no --since
--format prometheus --branch main~takes no --branch
--reset --image app~takes no --image
--reset --annotate~exclude each other
--html page.html --by day~takes no --by
TABLE
    expect "$(query 'SELECT count(*) FROM events')" 10 events
    [ ! -e page.html ]
}

@test "the page is whole in a browser: at any width, in light and dark, and without a request" {
    browser=$(type -P chromium) || skip 'there is no chromium; script/setup --with-test-services installs it'
    made_up 20000
    stats --html "$BATS_TEST_TMPDIR/page.html" --max-size 1TB
    stats --format json >"$BATS_TEST_TMPDIR/statistics.json"
    python3 "$tests/page_check.py" "$browser" "$BATS_TEST_TMPDIR/page.html" "$BATS_TEST_TMPDIR/statistics.json"
}

@test "the annotation shows this build's lookups, and what they are called is no Markdown" {
    new_index
    stub_agent 0
    insert_event app local-hit NULL 7 shop
    insert_event '<b>*x*' miss "'new-key'" 7 shop
    insert_event other-build miss "'new-key'" 8 shop
    insert_event other-pipeline miss "'new-key'" 7 shop-2
    stats --annotate
    expect "$(tr '\n' ' ' <"$BATS_TEST_TMPDIR/agent-arguments")" \
        'annotate --style info --context docker-cache ' arguments
    expect "$(cat "$BATS_TEST_TMPDIR/agent-input")" '**docker-cache:** 1 of 2 lookups hit

| Image | Step | Outcome | Took | Saved |
|---|---|---|---:|---:|
| app | te&#124;st | local hit | 1.50 s |  |
| &lt;b&gt;&#42;x&#42; | te&#124;st | miss (new-key) | 1.50 s |  |' annotation
}

@test "without an agent, or one that fails, stats says so; outside of a build too" {
    new_index
    insert_event app local-hit NULL 7 shop
    run --separate-stderr stats --annotate
    expect "$status" 1 status
    expect_text "$stderr" 'no buildkite-agent on PATH'
    stub_agent 3
    run --separate-stderr stats --annotate
    expect "$status" 1 status
    expect_text "$stderr" 'status 3: agent: not allowed'
    BUILDKITE_BUILD_NUMBER=9 run --separate-stderr stats --annotate
    expect_text "$stderr" 'knows of no lookup of build 9 of shop'
    unset BUILDKITE_BUILD_NUMBER
    run --separate-stderr stats --annotate
    expect_text "$stderr" 'no build to annotate'
}

@test "annotate: true annotates after a lookup, and whatever becomes of it the step goes on" {
    option ANNOTATE true
    stub_agent 0
    run_job
    expect_outcome miss
    expect_text "$(cat "$BATS_TEST_TMPDIR/agent-input")" '0 of 1 lookup hit'
    echo 'RUN exit 7' >>Dockerfile
    run_job
    expect "$status" 1 status
    expect_text "$(cat "$BATS_TEST_TMPDIR/agent-input")" '0 of 2 lookups hit'
    expect_text "$(cat "$BATS_TEST_TMPDIR/agent-input")" 'failed: build-failed'
    expect "$(sed -n 3p "$BATS_TEST_TMPDIR/agent-arguments")" error style
    sed -i '$d' Dockerfile
    stub_agent 5
    run_job
    expect_outcome local-hit
    expect_text "$errors" 'warning: The build could not be annotated\. .*status 5'
    rm "$BATS_TEST_TMPDIR/watch/buildkite-agent"
    run_job
    expect_outcome local-hit
    expect_text "$errors" 'warning: .*no buildkite-agent on PATH'
}
