#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# A step still gets an image that cannot be saved, with a warning, unless on-error requires a failure.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() { end_to_end_setup; }

teardown() {
    end_proxy
    end_to_end_teardown
}

# use_refusing_registry full|forbidden|gone
use_refusing_registry() { use_proxy refusing_registry.py "$1"; }

# the_step_goes_on PATTERN: the step gets its image and a warning, and the next lookup is a local hit
the_step_goes_on() {
    expect_outcome miss
    expect_text "$errors" "warning: The image could not be saved as $registry/.*$1.*The step uses the local image"
    expect "$digest" '' "the digest in the registry"
    run_job
    expect_outcome local-hit
    expect "$(builds)" 1 builds
}

# the_step_stops PATTERN: the step ends with status 1, without exports and without an entry
the_step_stops() {
    expect_failure 1 "$1"
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
    expect "$(query 'SELECT failure FROM events')" failed failure
}

@test "a registry that is full: the step goes on" {
    use_refusing_registry full
    run_job
    the_step_goes_on 'upper limit of 10.0 GiB.*Free some space in the registry'
}

@test "a registry that is full, with on-error: fail: the step stops" {
    use_refusing_registry full
    option ON_ERROR fail
    run_job
    the_step_stops 'upper limit of 10.0 GiB.*Free some space in the registry'
}

# bats test_tags=core
@test "a registry that forbids it: the step goes on" {
    use_refusing_registry forbidden
    run_job
    the_step_goes_on 'uploadArtifacts.* denied.*Let the user who is logged in'
}

@test "a registry that forbids it, with on-error: fail: the step stops" {
    use_refusing_registry forbidden
    option ON_ERROR fail
    run_job
    the_step_stops 'uploadArtifacts.* denied.*Let the user who is logged in'
}

# bats test_tags=core
@test "a registry that goes away meanwhile: the step goes on" {
    use_refusing_registry gone
    run_job
    the_step_goes_on '(connection refused|EOF|closed network connection|broken pipe|connection reset)'
}

@test "a registry that goes away meanwhile, with on-error: fail: the step stops" {
    use_refusing_registry gone
    option ON_ERROR fail
    run_job
    the_step_stops '(connection refused|EOF|closed network connection|broken pipe|connection reset)'
}
