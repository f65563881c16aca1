#!/usr/bin/env python3
"""A token server for a test registry.

    token_server.py DIRECTORY SERVICE

DIRECTORY holds `account`, with the user's name on one line and the password on the next, and `server.key`, the RSA key
for the certificate that the registry trusts. The kernel picks a port of the loopback interface; the first line of the
log contains it. The issuer of the tokens has the same name as the service.

The protocol is https://distribution.github.io/distribution/spec/auth/token/ for GET and .../auth/oauth/ for POST. The
user gets everything that a request contains. A second user, with `-untrusted` at the end of its name and the same
password, may pull everything, and write only to repositories with that ending. Requests without a name may pull. A
wrong password gets 401. The variable SERVICES_TOKEN_DELAY delays each answer by that many milliseconds.
"""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import secrets
import subprocess
import sys
import time
import urllib.parse

LIFETIME = 300  # seconds
UNTRUSTED = "-untrusted"


class Refusal(Exception):
    """What a request gets instead of a token."""

    def __init__(self, status, code):
        super().__init__(code)
        self.status = status
        self.code = code


class Signer:
    """Makes JSON web tokens that docker-registry 2 accepts."""

    def __init__(self, key):
        self.key = key
        public = subprocess.run(
            ["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], stdout=subprocess.PIPE, check=True
        ).stdout
        # libtrust's key id: 240 bits of the digest of the public key, in base 32, in groups of four letters.
        letters = base64.b32encode(hashlib.sha256(public).digest()[:30]).decode()
        self.key_id = ":".join(letters[start : start + 4] for start in range(0, len(letters), 4))

    def token(self, claims):
        header = {"typ": "JWT", "alg": "RS256", "kid": self.key_id}
        message = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], input=message, stdout=subprocess.PIPE, check=True
        ).stdout
        return (message + b"." + encoded(signature)).decode()


class Server(http.server.ThreadingHTTPServer):
    """Knows the account, and the refresh tokens that were handed out."""

    def __init__(self, directory, service):
        super().__init__(("127.0.0.1", 0), Handler)
        self.account = tuple((directory / "account").read_text(encoding="utf-8").splitlines())
        self.signer = Signer(directory / "server.key")
        self.service = service
        # The user of each refresh token.
        self.refresh_tokens = {}

    def answer(self, service, scopes, user, wants_refresh_token):
        """The answer to a request of `user`, None being no user in particular."""
        if service != self.service:
            raise Refusal(400, "UNSUPPORTED")
        now = int(time.time())
        token = self.signer.token(
            {
                "iss": self.service,
                "sub": user or "",
                "aud": service,
                # The verifying server's clock may be slightly behind.
                "nbf": now - 10,
                "iat": now,
                "exp": now + LIFETIME,
                "jti": secrets.token_hex(16),
                "access": list(granted(scopes, user)),
            }
        )
        answer = {"token": token, "access_token": token, "expires_in": LIFETIME}
        if wants_refresh_token and user is not None:
            answer["refresh_token"] = secrets.token_urlsafe(24)
            self.refresh_tokens[answer["refresh_token"]] = user
        return answer


class Handler(http.server.BaseHTTPRequestHandler):
    """Reads both forms of request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # the name is http.server's
        address = urllib.parse.urlsplit(self.path)
        self.respond(address, lambda: self.get(urllib.parse.parse_qs(address.query)))

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.respond(urllib.parse.urlsplit(self.path), lambda: self.post(urllib.parse.parse_qs(form)))

    def get(self, query):
        user = self.user_of_header()
        offline = first(query, "offline_token") == "true"
        return self.server.answer(first(query, "service"), query.get("scope", []), user, offline)

    def post(self, form):
        grant = first(form, "grant_type")
        if grant == "refresh_token":
            if first(form, "refresh_token") not in self.server.refresh_tokens:
                raise Refusal(401, "UNAUTHORIZED")
            user = self.server.refresh_tokens[first(form, "refresh_token")]
        elif grant == "password":
            user = self.user(first(form, "username"), first(form, "password"))
        else:
            raise Refusal(400, "UNSUPPORTED")
        offline = first(form, "access_type") == "offline"
        return self.server.answer(first(form, "service"), form.get("scope", []), user, offline)

    def user_of_header(self):
        header = self.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() != "basic":
            raise Refusal(401, "UNAUTHORIZED")
        try:
            name, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            raise Refusal(400, "UNSUPPORTED") from None
        return self.user(name, password)

    def user(self, name, password):
        known, right = self.server.account
        if name.removesuffix(UNTRUSTED) != known or password != right:
            raise Refusal(401, "UNAUTHORIZED")
        return name

    def respond(self, address, answer):
        time.sleep(int(os.environ.get("SERVICES_TOKEN_DELAY", 0)) / 1000)
        try:
            if address.path != "/token":
                raise Refusal(404, "NOT_FOUND")
            status, body = 200, answer()
        except Refusal as refusal:
            status, body = refusal.status, {"errors": [{"code": refusal.code, "message": "no token is given out"}]}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def granted(scopes, user):
    """Of `repository:NAME:pull,push`, several of which may stand in one parameter, what `user` may do."""
    for scope in " ".join(scopes).split():
        kind, _, rest = scope.partition(":")
        # A name may contain a colon, before a port.
        name, _, actions = rest.rpartition(":")
        may_write = user is not None and (not user.endswith(UNTRUSTED) or name.endswith(UNTRUSTED))
        allowed = [action for action in actions.split(",") if may_write or action == "pull"]
        if allowed:
            yield {"type": kind, "name": name, "actions": allowed}


def first(values, name):
    return values.get(name, [""])[0]


def encoded(content):
    """Base 64 as JSON web tokens have it."""
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def main():
    directory, service = sys.argv[1:]
    server = Server(pathlib.Path(directory), service)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
