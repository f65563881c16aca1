#!/usr/bin/env python3
"""A registry that can be read but rejects some writes, in front of one that accepts them.

Passes every request on to the registry at host:port, except those that save something, which it answers in one of these
ways:

    full        as Harbor does when a project's quota is used up
    forbidden   as Google's registry does when a user may only read
    artifacts   as registries do that keep only images: it rejects manifests that declare another artifact type
    gone        not at all: at the end of a push, with the manifest, the connection ends and the server stops listening

Prints its own port on standard output; ends with its standard input.
"""

import argparse

import immutable_registry


class Handler(immutable_registry.Handler):
    def answer(self):
        if self.command not in ("POST", "PATCH", "PUT"):
            return super().answer()
        if self.arguments.saving == "gone":
            if "/manifests/" not in self.path:
                return super().answer()
            self.close_connection = True
            return self.server.socket.close()
        body = self.body()
        if self.arguments.saving == "artifacts":
            if b'"artifactType"' in body:
                return self.refuse(400, "MANIFEST_INVALID", "manifest invalid")
            headers = self.received_headers()
            return self.pass_on(*self.ask(self.arguments.registry, self.command, self.path, body, headers))
        message = {
            "full": "adding 3.2 MiB of storage resource, which when updated to current usage of 9.9 GiB will exceed "
            "the configured upper limit of 10.0 GiB.",
            "forbidden": 'Permission "artifactregistry.repositories.uploadArtifacts" denied on resource',
        }[self.arguments.saving]
        return self.refuse(403, "DENIED", message)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = answer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registry", help="host:port")
    parser.add_argument("log", help="a file that gets a line for each request")
    parser.add_argument("saving", choices=["artifacts", "full", "forbidden", "gone"])
    # This registry does not use the rules of the immutable one.
    parser.set_defaults(exempt=[], no_delete=False)
    Handler.arguments = parser.parse_args()
    immutable_registry.passing_on.serve(Handler)


if __name__ == "__main__":
    main()
