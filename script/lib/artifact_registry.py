#!/usr/bin/env python3
"""The part of Artifact Registry's interface that gcloud needs to describe and create a repository.

    artifact_registry.py DIRECTORY

A repository is a file DIRECTORY/PROJECT/NAME that contains its location. Two files change a project's answers:
with `.refused` it refuses everything; with `.raced` another client always creates the repository first. The kernel
picks a port of the loopback interface; the first line of the log contains it.

The interface is https://cloud.google.com/artifact-registry/docs/reference/rest/v1/projects.locations.repositories.
"""

import http.server
import json
import pathlib
import re
import sys
import urllib.parse

REPOSITORIES = re.compile(r"/v1/projects/([^/]+)/locations/([^/]+)/repositories")
OPERATION = re.compile(r"/v1/(projects/[^/]+/locations/[^/]+/operations/([^/]+))")


class Refusal(Exception):
    """What a request gets instead of what it asks for."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.body = {"error": {"code": status, "message": message, "status": code}}
        self.status = status


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    directory = None

    def do_GET(self):  # the name is http.server's
        self.respond(self.get)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.respond(self.post)

    def get(self, path, _):
        operation = OPERATION.fullmatch(path)
        if operation:
            return finished(operation[1])
        collection, _, name = path.rpartition("/")
        project, location = self.place(collection)
        full = f"projects/{project}/locations/{location}/repositories/{name}"
        if self.location(project, name) != location:
            raise Refusal(404, "NOT_FOUND", f'Requested entity was not found: "{full}".')
        return {"name": full, "format": "DOCKER", "mode": "STANDARD_REPOSITORY"}

    def post(self, path, query):
        project, location = self.place(path)
        name = query["repositoryId"][0]
        existed = self.location(project, name) is not None
        if not existed:
            file = self.directory / project / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(location, encoding="utf-8")
        if existed or (self.directory / project / ".raced").exists():
            raise Refusal(409, "ALREADY_EXISTS", "the repository already exists")
        return finished(f"projects/{project}/locations/{location}/operations/create-{name}")

    def place(self, path):
        """Project and location of a collection of repositories."""
        place = REPOSITORIES.fullmatch(path)
        if not place:
            raise Refusal(404, "NOT_FOUND", f"there is nothing at {path}")
        if (self.directory / place[1] / ".refused").exists():
            raise Refusal(
                403,
                "PERMISSION_DENIED",
                "Permission 'artifactregistry.repositories.create' denied on resource "
                f"'//artifactregistry.googleapis.com/projects/{place[1]}/locations/{place[2]}' (or it may not exist).",
            )
        return place[1], place[2]

    def location(self, project, name):
        """Where a repository is, or None."""
        file = self.directory / project / name
        return file.read_text(encoding="utf-8").strip() if file.is_file() else None

    def respond(self, answer):
        address = urllib.parse.urlsplit(self.path)
        try:
            if not self.headers.get("Authorization", "").startswith("Bearer "):
                raise Refusal(401, "UNAUTHENTICATED", "there is no access token")
            status, body = 200, answer(address.path, urllib.parse.parse_qs(address.query))
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def finished(operation):
    """An operation that has ended; gcloud then asks for what was made."""
    repository = operation.replace("/operations/create-", "/repositories/")
    kind = "type.googleapis.com/google.devtools.artifactregistry.v1.Repository"
    return {"name": operation, "done": True, "response": {"@type": kind, "name": repository, "format": "DOCKER"}}


def main():
    Handler.directory = pathlib.Path(sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
