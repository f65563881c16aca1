# shellcheck shell=bash
#
# For tests that have a plugin's options as JSON, as a pipeline passes them to the agent.
#
# shellcheck disable=SC2154

# agent_variables JSON: sets the variables that the agent passes to a plugin's hooks, and this test's index
agent_variables() {
    local name value
    for name in $(compgen -e | grep '^BUILDKITE_PLUGIN'); do unset "$name"; done
    while IFS= read -r -d '' name && IFS= read -r -d '' value; do export "$name=$value"; done < <(
        jq -j 'def variables($name):
            if type == "object" then
                to_entries[] | .key as $key | .value
                    | variables("\($name)_\($key | ascii_upcase | gsub("[- ]"; "_"))")
            elif type == "array" then to_entries[] | .key as $index | .value | variables("\($name)_\($index)")
            else "\($name)\u0000\(tostring)\u0000" end;
            variables("BUILDKITE_PLUGIN_DOCKER_CACHE")' <<<"$1"
    )
    export BUILDKITE_PLUGIN_NAME=DOCKER_CACHE BUILDKITE_PLUGIN_CONFIGURATION=$1
    BUILDKITE_PLUGINS=$(jq -c '[{"github.com/your-org/docker-cache-buildkite-plugin#v0.1.0": .}]' <<<"$1")
    export BUILDKITE_PLUGINS
    export DOCKER_CACHE_INDEX=$index
}
