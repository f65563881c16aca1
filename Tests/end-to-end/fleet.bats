#!/usr/bin/env bats
#
# Numbers from many agents: spans, a simulated collector that makes metrics from them, Prometheus, and the queries of
# the dashboard in docs/.
#
# Every test is a separate process, and helper.bash sets the variables that are read here.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper
load telemetry

documents=$BATS_TEST_DIRNAME/../../docs/telemetry

setup() { end_to_end_setup; }

teardown() {
    if [ -n "${prometheus:-}" ]; then
        kill "$prometheus"
        wait "$prometheus" || true
    fi
    if [ -n "${connector:-}" ]; then
        exec {connector_input}>&-
        wait "$connector" || true
    fi
    end_receiver
    end_to_end_teardown
}

# Runs with the test tools' Python, which has PyYAML as a dependency of awscli.
start_connector() {
    mkfifo "$BATS_TEST_TMPDIR/connector-input"
    "$test_python" "$BATS_TEST_DIRNAME/span_metrics.py" "$documents/collector.yaml" "$receiver/requests" \
        "$BATS_TEST_TMPDIR/connector-port" <"$BATS_TEST_TMPDIR/connector-input" \
        2>"$BATS_TEST_TMPDIR/connector-errors" 3>&- &
    connector=$!
    exec {connector_input}>"$BATS_TEST_TMPDIR/connector-input"
    wait_until test -s "$BATS_TEST_TMPDIR/connector-port"
}

start_prometheus() {
    cat >"$BATS_TEST_TMPDIR/prometheus.yml" <<YAML
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: collector
    static_configs: [{targets: ["127.0.0.1:$(cat "$BATS_TEST_TMPDIR/connector-port")"]}]
YAML
    prometheus --config.file="$BATS_TEST_TMPDIR/prometheus.yml" --web.listen-address=127.0.0.1:0 \
        --storage.tsdb.path="$BATS_TEST_TMPDIR/prometheus-data" >"$BATS_TEST_TMPDIR/prometheus-log" 2>&1 3>&- &
    prometheus=$!
    wait_until grep -Eq 'Listening on.*address=127' "$BATS_TEST_TMPDIR/prometheus-log"
    prometheus_url=http://$(
        sed -nE 's/.*Listening on.*address=(127[0-9.:]*).*/\1/p' "$BATS_TEST_TMPDIR/prometheus-log" | head -n 1
    )
}

# ask QUERY: the first value of a Prometheus query
ask() {
    curl -fsS "$prometheus_url/api/v1/query" --data-urlencode "query=$1" | jq -r '.data.result[0].value[1] // "none"'
}

# lookups_are_seen NUMBER [MODIFIER]
lookups_are_seen() { [ "$(ask "sum(docker_cache_calls_total{span_name=\"docker-cache\"} ${2:-})")" = "$1" ]; }

# panel TITLE FILTER: applies a jq filter to the results of the dashboard's panel
panel() { jq -r --arg title "$1" ".[\$title] | $2" "$BATS_TEST_TMPDIR/panels"; }

# dashboard RANGE: asks the dashboard's queries for that time up to now
dashboard() {
    "$BATS_TEST_DIRNAME/dashboard_queries.py" "$documents/grafana-dashboard.json" "$prometheus_url" "$1" \
        >"$BATS_TEST_TMPDIR/panels"
}

# expect_rate TITLE FILTER HITS ASKED
expect_rate() {
    expect "$(panel "$1" "$2 | . * 1000 | floor")" "$(($3 * 1000 / $4))" "$1: $3 of $4, in thousandths"
}

@test "20 lookups on 5 empty indexes are the right hit rate on the dashboard, and no metric has a key or a job" {
    type -P prometheus >/dev/null || skip 'there is no prometheus; script/setup --with-test-services installs it'
    start_receiver
    start_connector
    start_prometheus
    export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$receiver_port
    use_registry
    # The last two agents build for another pipeline, with another file: two misses in total.
    for agent in 1 2 3 4 5; do
        another_agent
        export OTEL_RESOURCE_ATTRIBUTES=host.name=agent-$agent BUILDKITE_AGENT_NAME=agent-$agent
        if [ "$agent" -eq 4 ]; then
            BUILDKITE_PIPELINE_SLUG=blog
            echo "another content of $image" >content.txt
        fi
        for job in 1 2 3 4; do
            export BUILDKITE_JOB_ID=job-id-$agent-$job
            run_job
            case $agent.$job in
                1.1 | 4.1) expect_outcome miss ;;
                *.1) expect_outcome registry-hit ;;
                *) expect_outcome local-hit ;;
            esac
        done
    done
    expect "$(requests)" 20 requests
    wait_until lookups_are_seen 20

    dashboard 1h
    expect "$(panel Lookups '.[0].value')" 20 lookups
    expect "$(panel 'Failed lookups' '.[0].value')" 0 failures
    expect_rate 'Hit rate' '.[0].value' 18 20
    pipeline='.[] | select(.labels.buildkite_pipeline_slug =='
    expect_rate 'Hit rate by pipeline' "$pipeline \"shop\").value" 11 12
    expect_rate 'Hit rate by pipeline' "$pipeline \"blog\").value" 7 8
    expect "$(panel 'Why lookups were no hit' '.[] | "\(.labels.docker_cache_reason) \(.value)"')" 'new-key 2' reasons
    [ "$(panel 'Time spent building' '.[0].value * 1000 | round')" -gt 0 ] || fail 'nothing was built'
    expect "$(jq -r 'to_entries | map(select(.value == []).key) | join(", ")' "$BATS_TEST_TMPDIR/panels")" '' \
        'panels without a value'

    # A pipeline without a hit has a rate of 0, a failed build is a failure, and what was told not to look is not asked.
    export BUILDKITE_PIPELINE_SLUG=wiki
    another_agent
    echo "yet another content of $image" >content.txt
    run_job
    expect_outcome miss
    option RESTORE false
    run_job
    expect_outcome bypassed
    no_option RESTORE
    cp Dockerfile "$BATS_TEST_TMPDIR/good"
    echo 'RUN false' >>Dockerfile
    run_job
    expect_failure 1 'The build failed'
    mv "$BATS_TEST_TMPDIR/good" Dockerfile
    wait_until lookups_are_seen 23
    dashboard 1h
    expect "$(panel Lookups '.[0].value')" 23 lookups
    expect "$(panel 'Failed lookups' '.[0].value')" 1 failures
    expect_rate 'Hit rate' '.[0].value' 18 22
    expect_rate 'Hit rate by pipeline' "$pipeline \"wiki\").value" 0 2

    # What was before the time range is not in its numbers.
    wait_until lookups_are_seen 23 'offset 2s'
    local quiet=$EPOCHSECONDS
    run_job
    expect_outcome local-hit
    wait_until lookups_are_seen 24
    dashboard "$((EPOCHSECONDS - quiet + 1))s"
    expect "$(panel Lookups '.[0].value')" 1 'lookups in the time range'
    expect "$(panel 'Hit rate' '.[0].value')" 1 'hit rate in the time range'
    expect "$(panel 'Failed lookups' '.[0].value')" 0 'failures in the time range'

    # A fleet's numbers do not depend on which hosts still exist.
    expect "$(curl -fsS "$prometheus_url/api/v1/label/job/values" | jq -r '.data | join(" ")')" collector jobs
    curl -fsS "$prometheus_url/api/v1/series?match[]={__name__=~\"docker_cache.*\"}" -g >"$BATS_TEST_TMPDIR/series"
    expect "$(jq -r '[.data[] | keys[]] | unique | join(" ")' "$BATS_TEST_TMPDIR/series")" \
        "__name__ buildkite_pipeline_slug docker_cache_image docker_cache_outcome docker_cache_provider $(
        )docker_cache_reason exported_job instance job le service_name span_name status_code" labels
    if grep -E 'job-id|[0-9a-f]{40}' "$BATS_TEST_TMPDIR/series"; then fail 'a metric has a key or a job'; fi
}
