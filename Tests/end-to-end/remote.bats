#!/usr/bin/env bats
# bats file_tags=kind-dependent
#
# With pinned base images, the key covers the content at the addresses in ADD.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154

bats_require_minimum_version 1.5.0
load helper

setup() {
    end_to_end_setup
    mkdir ../served
    echo one >../served/file.txt
    # The daemon can reach this machine's loopback interface.
    python3 -u - ../served "$BATS_TEST_TMPDIR/requests" >../port 3>&- <<'SERVER' &
import hashlib, http.server, os, sys
root, requests = os.path.abspath(sys.argv[1]), sys.argv[2]
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *given): super().__init__(*given, directory=root)
    def log_message(self, *given): pass
    def do_GET(self):
        path = self.translate_path(self.path)
        with open(requests, 'a') as log:
            log.write(f"{self.path} {self.headers.get('If-None-Match', '-')}\n")
        if self.path.startswith('/moved/'):
            self.send_response(302)
            self.send_header('Location', self.path[6:])
            self.end_headers()
            return
        if os.path.exists(root + '/refuse') and self.headers.get('User-Agent') == 'docker-cache':
            return self.send_error(403)
        if not os.path.isfile(path): return self.send_error(404)
        with open(path, 'rb') as file: content = file.read()
        tag = '"%s"' % hashlib.sha256(content).hexdigest()[:8]
        known = self.headers.get('If-None-Match') == tag
        self.send_response(304 if known else 200)
        if 'untagged' not in self.path: self.send_header('ETag', tag)
        if not known: self.send_header('Content-Length', str(len(content)))
        self.end_headers()
        if not known: self.wfile.write(content)
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
SERVER
    server=$!
    wait_until test -s ../port
    address=http://127.0.0.1:$(cat ../port)
    option BASE_IMAGES pin
    # The base image is in the key too, so its registry must answer.
    base=$registry/$image-base
    docker tag docker-cache-test/busybox "$base"
    docker push -q "$base" >/dev/null
    : >../requests
}
teardown() {
    kill "$server" || true
    end_to_end_teardown
}

add() {
    printf 'FROM %s\nCOPY content.txt /\nADD %s /added.txt\n' "$base" "$1" >Dockerfile
}

# bats test_tags=core
@test "new content at an address is built, and the same is a hit" {
    only_with_buildkit
    add "$address/file.txt"
    run_job
    expect_outcome miss
    expect "$(file_in_image added.txt)" one
    run_job
    expect_outcome local-hit
    echo two >../served/file.txt
    run_job
    expect_outcome miss
    expect "$(file_in_image added.txt)" two
    run "$DOCKER_CACHE_BIN" key --explain --index "$index" --base-images pin
    expect_text "$output" 'Line 3 adds .*sha256:'
}

@test "what the index knows is asked for with its tag alone" {
    only_with_buildkit
    add "$address/moved/file.txt"
    run_job
    expect_outcome miss
    : >../requests
    run_job
    expect_outcome local-hit
    expect "$(grep -c '^/file.txt "' ../requests)" 1 requests
    expect "$(grep -c '^/file.txt -' ../requests)" 0 requests
}

@test "an address without a tag is read at each lookup" {
    only_with_buildkit
    mv ../served/file.txt ../served/untagged.txt
    add "$address/untagged.txt"
    run_job
    expect_outcome miss
    run_job
    expect_outcome local-hit
    echo two >../served/untagged.txt
    run_job
    expect_outcome miss
}

@test "an address that cannot be asked is built and not saved" {
    only_with_buildkit
    add "$address/file.txt"
    : >../served/refuse
    run_job
    expect "$status" 0 status
    expect_text "$errors" 'Line 3: could not get .* the server answered with status 403'
    expect_text "$errors" 'not saved'
    expect "$(query 'SELECT count(*) FROM entries')" 0 entries
}

@test "without pinned base images nothing is asked" {
    only_with_buildkit
    no_option BASE_IMAGES
    add "$address/file.txt"
    run "$DOCKER_CACHE_BIN" key --index "$index"
    expect "$status" 0 status
    expect "$(wc -l <../requests)" 0 requests
}

@test "a commit that is new on a branch is built" {
    only_on 'ADD takes repositories' '28.5*' 26.1
    git init -q -b main ../repository
    commit() {
        echo "$1" >../repository/file.txt
        git -C ../repository add .
        git -C ../repository -c user.name=a -c user.email=a@b commit -qm "$1"
        rm -rf ../served/repository.git
        git clone -q --bare ../repository ../served/repository.git
        git -C ../served/repository.git update-server-info
    }
    commit one
    add "$address/repository.git#main"
    run "$DOCKER_CACHE_BIN" key --index "$index" --base-images pin
    expect "$status" 0 status
    first=$output
    run "$DOCKER_CACHE_BIN" key --index "$index" --base-images pin
    expect "$output" "$first" key
    commit two
    run "$DOCKER_CACHE_BIN" key --index "$index" --base-images pin
    [ "$output" != "$first" ] || fail "the key is still $first"
}
