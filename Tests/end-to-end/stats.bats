#!/usr/bin/env bats
#
# The output of docker-cache stats, in every format; the page in a real browser; the annotation of a build.
#
# Every test is a separate process, and helper.bash sets the variables that are read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    tests=$BATS_TEST_DIRNAME
}

teardown() { end_to_end_teardown; }

# These tests use no docker: the events are made up.
new_index() {
    mkdir -p "$(dirname "$index")"
    : >"$index"
    stats >/dev/null
}

stats() { "$DOCKER_CACHE_BIN" stats --index "$index" "$@"; }

# made_up EVENTS: makes events with names that are special to terminals, browsers and spreadsheets
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

# use_agent VERSION: a buildkite-agent that keeps annotations as Buildkite does; the real one works only with Buildkite
use_agent() {
    export DOCKER_CACHE_TEST_TOOLS=$BATS_TEST_TMPDIR/tools
    mkdir -p "$DOCKER_CACHE_TEST_TOOLS"
    rm -rf "$DOCKER_CACHE_TEST_TOOLS/annotations"
    echo "$1" >"$DOCKER_CACHE_TEST_TOOLS/version"
    ln -sf "$tests/tools/buildkite-agent" "$BATS_TEST_TMPDIR/watch/buildkite-agent"
}

# annotations: the names of the existing annotations
annotations() { find "$DOCKER_CACHE_TEST_TOOLS/annotations" -mindepth 1 -printf '%P\n' | grep -v / | sort | xargs; }

# annotation NAME: its body
annotation() { cat "$DOCKER_CACHE_TEST_TOOLS/annotations/$1/body"; }

# style NAME
style() { cat "$DOCKER_CACHE_TEST_TOOLS/annotations/$1/style" 2>/dev/null || echo none; }

# The agent got only input that a real one accepts.
agent_is_content() { [ ! -e "$DOCKER_CACHE_TEST_TOOLS/unknown" ] || fail "$(cat "$DOCKER_CACHE_TEST_TOOLS/unknown")"; }

# insert_event IMAGE OUTCOME REASON BUILD PIPELINE [JOB]
insert_event() {
    sqlite3 "$index" "
        INSERT INTO events (at, image, provider, outcome, reason, pipeline, build, job, step, total_milliseconds)
        VALUES ($(date +%s%3N), '$1', 'local', '$2', $3, '$5', '$4', '${6:-another}', 'te|st', 1500)"
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
    expect_text "$(cat "$BATS_TEST_TMPDIR/text")" 'no lookups yet'
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
        # Split into words.
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
--reset --index other.db~--reset takes one --index
--annotate --merge host.json~takes no --merge
--format prometheus --merge host.json~takes no --merge
--merge missing.json~missing.json cannot be read
--merge Dockerfile~Dockerfile cannot be counted. It is not what docker-cache stats --format json prints: it is not JSON
TABLE
    expect "$(query 'SELECT count(*) FROM events')" 10 events
    [ ! -e page.html ]
}

@test "several indexes, or the JSON of other hosts, come to what one index with all of their lookups says" {
    made_up 2000
    first=$index
    use_index "$BATS_TEST_TMPDIR/second/index.db"
    made_up 3000
    second=$index
    # All lookups in one index.
    use_index "$BATS_TEST_TMPDIR/all/index.db"
    new_index
    for host in "$first" "$second"; do
        columns=$(sqlite3 "$host" "SELECT group_concat(name) FROM pragma_table_info('events') WHERE name <> 'id'")
        sqlite3 "$index" "ATTACH '$host' AS host; INSERT INTO events ($columns) SELECT $columns FROM host.events"
    done
    count() { "$DOCKER_CACHE_BIN" stats --format json "$@" | jq -S 'del(.cache, .hosts)'; }
    "$DOCKER_CACHE_BIN" stats --index "$second" --format json --by image >second.json
    for arguments in '' '--by image' '--since 9d --image app-1'; do
        # Split into words.
        # shellcheck disable=SC2086
        count --index "$index" $arguments | jq 'del(.since)' >expected
        # shellcheck disable=SC2086
        count --index "$first" --index "$second" $arguments | jq 'del(.since)' | diff expected -
    done
    count --index "$index" --by image >expected
    count --index "$first" --merge second.json --by image | diff expected -
    metrics() { "$DOCKER_CACHE_BIN" stats --format prometheus "$@" | grep -Ev 'docker_cache_(entries|size_bytes) '; }
    metrics --index "$index" >expected
    metrics --index "$first" --index "$second" | diff expected -

    expect "$("$DOCKER_CACHE_BIN" stats --index "$first" --merge second.json | head -n 2 | tr -s ' \n' ' ')" \
        'Hosts 2 Lookups 5000 ' text
    "$DOCKER_CACHE_BIN" stats --index "$first" --merge second.json --format json >both.json
    expect "$(jq -c '[.hosts, .totals.lookups, .cache.entries]' both.json)" '[2,5000,100]' 'two hosts'
    # On a machine without an index.
    export DOCKER_CACHE_INDEX=$BATS_TEST_TMPDIR/none.db
    expect "$("$DOCKER_CACHE_BIN" stats --merge both.json --format json | jq .hosts)" 2 hosts
    "$DOCKER_CACHE_BIN" stats --merge both.json --html "$BATS_TEST_TMPDIR/page.html"
    expect_text "$(cat "$BATS_TEST_TMPDIR/page.html")" 'All lookups of 2 hosts'
    # The file may have been made on this host: its index is not counted once more.
    export DOCKER_CACHE_INDEX=$second
    expect "$("$DOCKER_CACHE_BIN" stats --merge second.json --format json | jq .hosts)" 1 hosts

    run --separate-stderr "$DOCKER_CACHE_BIN" stats --index "$first" --index "$first"
    expect "$status" 64 status
    expect_text "$stderr" 'is given twice'
    run --separate-stderr "$DOCKER_CACHE_BIN" stats --merge second.json --by day
    expect "$status" 64 status
    expect_text "$stderr" 'second.json cannot be counted\. It was made without --by day'
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
    use_agent 3.137.0
    insert_event app local-hit NULL 7 shop
    insert_event '<b>*x*' miss "'new-key'" 7 shop
    insert_event other-build miss "'new-key'" 8 shop
    insert_event other-pipeline miss "'new-key'" 7 shop-2
    stats --annotate
    expect "$(annotations)" job-job-docker-cache annotations
    expect "$(style job-job-docker-cache)" info style
    expect "$(annotation job-job-docker-cache)" '**docker-cache:** 1 of 2 lookups hit

| Image | Step | Outcome | Took | Saved |
|---|---|---|---:|---:|
| app | te&#124;st | local hit | 1.50 s |  |
| &lt;b&gt;&#42;x&#42; | te&#124;st | miss (new-key) | 1.50 s |  |' annotation

    # If this job has lookups, the annotation shows only those.
    insert_event mine miss "'new-key'" 7 shop job
    stats --annotate
    expect_text "$(annotation job-job-docker-cache)" '0 of 1 lookup hit'
    expect_text "$(annotation job-job-docker-cache)" '^[|] mine '
    agent_is_content
}

@test "without an agent, or one that fails, stats says so; outside of a build too" {
    new_index
    insert_event app local-hit NULL 7 shop
    run --separate-stderr stats --annotate
    expect "$status" 1 status
    expect_text "$stderr" 'no buildkite-agent on PATH'
    use_agent 3.137.0
    echo annotate >"$DOCKER_CACHE_TEST_TOOLS/problem"
    run --separate-stderr stats --annotate
    expect "$status" 1 status
    expect_text "$stderr" 'status 3: agent: not allowed'
    BUILDKITE_BUILD_NUMBER=9 run --separate-stderr stats --annotate
    expect_text "$stderr" 'has no lookup of build 9 of shop'
    unset BUILDKITE_BUILD_NUMBER
    run --separate-stderr stats --annotate
    expect_text "$stderr" 'no build to annotate'
}

@test "annotate: true annotates after a lookup, and whatever becomes of it the step goes on" {
    option ANNOTATE true
    use_agent 3.112.0
    run_job
    expect_outcome miss
    expect_text "$(annotation job-job-docker-cache)" '0 of 1 lookup hit'
    echo 'RUN exit 7' >>Dockerfile
    run_job
    expect "$status" 1 status
    expect_text "$(annotation job-job-docker-cache)" '0 of 2 lookups hit'
    expect_text "$(annotation job-job-docker-cache)" 'failed: build-failed'
    expect "$(style job-job-docker-cache)" error style
    sed -i '$d' Dockerfile
    agent_is_content
    echo annotate >"$DOCKER_CACHE_TEST_TOOLS/problem"
    run_job
    expect_outcome local-hit
    expect_text "$errors" 'warning: The build could not be annotated\. .*status 3'
    rm "$BATS_TEST_TMPDIR/watch/buildkite-agent"
    run_job
    expect_outcome local-hit
    expect_text "$errors" 'warning: .*no buildkite-agent on PATH'
}

# on_host NUMBER: runs jobs on a separate host, whose index does not know about the other hosts
on_host() {
    use_index "$BATS_TEST_TMPDIR/host-$1/index.db"
    export BUILDKITE_JOB_ID=job-$1 BUILDKITE_STEP_KEY=step-$1
}

@test "each job's part of the annotation stands beside the others', whichever host it ran on" {
    option ANNOTATE true
    use_agent 3.112.0
    for host in 1 2; do
        on_host "$host"
        run_job
        expect "$status" 0 status
    done
    expect "$(annotations)" 'job-job-1-docker-cache job-job-2-docker-cache' annotations
    for host in 1 2; do
        expect_text "$(annotation "job-job-$host-docker-cache")" " step-$host "
        expect_text "$(annotation "job-job-$host-docker-cache")" ' of 1 lookup hit'
    done

    # An agent without annotations of jobs. Only failures change the style of the build's annotation.
    use_agent 3.111.0
    for host in 1 2 1; do
        on_host "$host"
        run_job
        expect "$status" 0 status
    done
    expect "$(annotations)" build-docker-cache annotations
    expect "$(annotation build-docker-cache | grep -c ' of 1 lookup hit')" 3 'parts of the annotation'
    expect "$(annotation build-docker-cache | grep -c '^| ')" 6 'heads and lines of tables'
    expect "$(annotation build-docker-cache | grep -B 1 '^\*\*' | grep -c '^$')" 3 'empty lines before the parts'
    expect "$(style build-docker-cache)" none style
    echo 'RUN exit 7' >>Dockerfile
    run_job
    expect "$(style build-docker-cache)" error 'style after a failure'
    agent_is_content
}

@test "without an index a job's lookup is annotated too" {
    option ANNOTATE true
    option INDEX /proc/no-index.db
    use_agent 3.137.0
    run_job
    expect "$status" 0 status
    expect_text "$(annotation job-job-docker-cache)" '0 of 1 lookup hit'
    # A job may use the plugin more than once.
    run_job
    expect "$status" 0 status
    expect "$(annotation job-job-docker-cache | grep -c ' of 1 lookup hit')" 2 'parts of the annotation'
    agent_is_content
}

@test "jobs that finish at the same moment lose nothing of the annotation" {
    option ANNOTATE true
    option PROVIDER local
    use_agent 3.111.0
    run_job
    expect_outcome miss
    for round in 3.111.0 3.112.0; do
        use_agent "$round"
        mkdir -p "$DOCKER_CACHE_TEST_TOOLS/annotations"
        jobs=()
        for host in 1 2 3 4 5 6 7 8; do
            (
                on_host "$host"
                mkdir -p "${index%/*}"
                cp "$BATS_TEST_TMPDIR"/index/index.db* "${index%/*}/"
                "$DOCKER_CACHE_BIN" hook pre-command --exports /dev/null >/dev/null
            ) 3>&- &
            jobs+=($!)
        done
        for job in "${jobs[@]}"; do wait "$job"; done
        for host in 1 2 3 4 5 6 7 8; do
            grep -hr "step-$host " "$DOCKER_CACHE_TEST_TOOLS/annotations" >/dev/null || fail "$round: no part of $host"
        done
        agent_is_content
    done
    expect "$(annotations | wc -w)" 8 'annotations of jobs'
}
