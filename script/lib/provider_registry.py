#!/usr/bin/env python3
"""The features of a provider's registry that docker-registry lacks.

    provider_registry.py DIRECTORY HOST:PORT [--token-server HOST:PORT] [--made-in NAME --depth N | --moto URL]
                         [--exchange]

DIRECTORY is that of a docker-registry: its `address`, and a certificate and key, `server.pem` and `server.key`, which
are used for TLS here. Every request is passed on, except those to a repository that does not exist, which get 404 and
NAME_UNKNOWN, as from a provider. A repository exists if moto knows it, or if the folder NAME in DIRECTORY has a file
under the first N components of its name. With --exchange, the first line of `exchange` in DIRECTORY is an Azure token
that is exchanged for the second line. Requests for /token go to the token server. The first line of the log contains
the address.
"""

import argparse
import http.server
import json
import pathlib
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

import passing_on

REPOSITORY = re.compile(r"/v2/(.+)/(manifests|blobs|tags)/.*")


class Repositories:
    """A folder in which a file stands for a repository. Without a folder every repository is there."""

    def __init__(self, folder, depth):
        self.folder = folder
        self.depth = depth

    def holds(self, name):
        return self.folder is None or self.folder.joinpath(*name.split("/")[: self.depth]).is_file()

    def refusal(self, name):
        return f'Repository "{name}" not found'


class MotoRepositories:
    """The repositories that moto's ECR has, in the region that the registry's host name says."""

    def __init__(self, endpoint, host):
        self.endpoint = endpoint
        self.account, _, _, self.region = host.split(".")[:4]

    def holds(self, name):
        request = urllib.request.Request(
            self.endpoint,
            data=json.dumps({"repositoryNames": [name]}).encode(),
            headers={
                "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
                "Content-Type": "application/x-amz-json-1.1",
                # moto reads the service and the region here, and does not check the signature.
                "Authorization": f"AWS4-HMAC-SHA256 Credential=front/20260101/{self.region}/ecr/aws4_request, "
                "SignedHeaders=host, Signature=none",
            },
        )
        try:
            with urllib.request.urlopen(request):
                return True
        except urllib.error.HTTPError as error:
            if b"RepositoryNotFoundException" in error.read():
                return False
            raise

    def refusal(self, name):
        return f"The repository with name '{name}' does not exist in the registry with id '{self.account}'"


class Handler(passing_on.Handler):
    """Passes requests on, but for those to repositories that do not exist."""

    upstream = None
    token_server = None
    repositories = None
    # A file.
    exchange = None

    def ask_as_received(self, server, method, path, body=b""):
        # So that docker-registry's Location header has the address that the client used.
        return self.ask(server, method, path, body, [*self.received_headers(), ("X-Forwarded-Proto", "https")])

    def respond(self):
        body = self.body()
        if self.token_server and self.path.split("?")[0] == "/token":
            return self.pass_on(*self.ask_as_received(self.token_server, self.command, self.path, body))
        if self.exchange and self.path == "/oauth2/exchange":
            return self.exchange_token(urllib.parse.parse_qs(body.decode()))
        name = REPOSITORY.fullmatch(self.path.split("?")[0])
        if name and not self.repositories.holds(name[1]):
            # A client that the registry does not accept learns nothing more.
            answer, content = self.ask_as_received(self.upstream, "GET", f"/v2/{name[1]}/tags/list")
            if answer.status in (401, 403):
                return self.pass_on(answer, content)
            return self.refuse(self.repositories.refusal(name[1]))
        self.pass_on(*self.ask_as_received(self.upstream, self.command, self.path, body))

    def exchange_token(self, form):
        """https://azure.github.io/acr/AAD-OAuth.html"""
        known = self.exchange.read_text(encoding="utf-8").splitlines() if self.exchange.exists() else ["", ""]
        wanted = {"grant_type": ["access_token"], "service": [self.headers["Host"]], "access_token": [known[0]]}
        if form != wanted:
            errors = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
            return self.answer_with(401, json.dumps(errors).encode())
        return self.answer_with(200, json.dumps({"refresh_token": known[1]}).encode())

    def refuse(self, message):
        errors = {"errors": [{"code": "NAME_UNKNOWN", "message": message}]}
        self.answer_with(404, json.dumps(errors).encode())

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = respond


class Server(http.server.ThreadingHTTPServer):
    """Speaks TLS; a client that does not get through the handshake holds up only itself."""

    def __init__(self, address, directory):
        super().__init__(address, Handler)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(directory / "server.pem", directory / "server.key")

    def finish_request(self, request, client_address):
        with self.context.wrap_socket(request, server_side=True) as secure:
            self.RequestHandlerClass(secure, client_address, self)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("address", help="host:port")
    parser.add_argument("--token-server", help="host:port")
    parser.add_argument("--made-in", metavar="NAME")
    parser.add_argument("--depth", type=int)
    parser.add_argument("--moto", metavar="URL")
    parser.add_argument("--exchange", action="store_true")
    arguments = parser.parse_args()
    directory = arguments.directory
    Handler.upstream = (directory / "address").read_text(encoding="utf-8").strip()
    Handler.token_server = arguments.token_server
    if arguments.exchange:
        Handler.exchange = directory / "exchange"
    if arguments.moto:
        Handler.repositories = MotoRepositories(arguments.moto, (directory / "name").read_text(encoding="utf-8"))
    else:
        folder = directory / arguments.made_in if arguments.made_in else None
        Handler.repositories = Repositories(folder, arguments.depth)
    host, port = arguments.address.split(":")
    server = Server((host, int(port)), directory)
    print(f"listening on {arguments.address}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
