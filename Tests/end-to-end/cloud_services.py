#!/usr/bin/env python3
"""The metadata servers of clouds and their interfaces, for tests of logins without a cloud's command line.

    cloud_services.py DIRECTORY MOTO

Amazon's interface is moto's, after a check of each request's signature. The data is in files in DIRECTORY: `aws-keys`
(lines of access key, secret, session token or `-`), `web-identity`, `container-token`, `google-token`, `azure-token`,
`service-account.pub` (a public key in PEM, for Google's token server at `/token`);
`refused-operation`, of ECR; `policy`, an IAM policy that alone allows operations of ECR, and `account`, whose
repositories it is about. With `problem` the metadata servers hang, answer with a page, or know no role. Each request
is a line of `asked`, without its query. The first line of the output is the port.
"""

import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request


def digest(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret, scope, date, headers, names, method, body):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    lines = [method, "/", ""] + [f"{name}:{headers[name].strip()}" for name in names]
    canonical = "\n".join(lines + ["", ";".join(names), hashlib.sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = digest(key, part)
    return digest(key, text).hex()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    directory = None
    moto = None

    def known(self, name):
        file = self.directory / name
        return file.read_text(encoding="utf-8").strip() if file.exists() else None

    def answer(self, status, body, headers=()):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def respond(self):
        self.path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(self.directory / "asked", "a", encoding="utf-8") as asked:
            asked.write(f"{self.command} {self.path} {self.headers.get('X-Amz-Target', '')}".strip() + "\n")
        problem = self.known("problem")
        if self.path != "/" and problem == "hang":
            time.sleep(30)
        if self.path != "/" and problem == "page":
            return self.answer(200, "<html><body>Log in to the network</body></html>")
        if self.path == "/":
            return self.amazon(body)
        if self.path.startswith("/latest/"):
            return self.instance()
        if self.path == "/container":
            if self.headers.get("Authorization") != self.known("container-token"):
                return self.answer(401, "{}")
            return self.answer(200, self.role())
        if self.path.startswith("/computeMetadata/v1/"):
            return self.google()
        if self.path == "/token":
            return self.google_token(urllib.parse.parse_qs(body.decode()))
        if self.path == "/metadata/identity/oauth2/token":
            return self.azure(urllib.parse.parse_qs(query))
        return self.answer(404, "not here")

    def role(self):
        for line in self.known("aws-keys").splitlines():
            access, secret, token = line.split()
            if token != "-":
                return {"Code": "Success", "AccessKeyId": access, "SecretAccessKey": secret, "Token": token}
        raise KeyError("no keys of a role")

    def instance(self):
        if self.command == "PUT" and self.path == "/latest/api/token":
            if not 1 <= int(self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "0")) <= 21600:
                return self.answer(400, "")
            return self.answer(200, "metadata-token==")
        if self.headers.get("X-aws-ec2-metadata-token") != "metadata-token==":
            return self.answer(401, "")
        if self.path == "/latest/meta-data/placement/region":
            return self.answer(200, "eu-central-1")
        roles = "/latest/meta-data/iam/security-credentials/"
        if self.known("problem") == "no-role" or not self.path.startswith(roles):
            return self.answer(404, "<html/>")
        return self.answer(200, "agents" if self.path == roles else self.role())

    def google(self):
        if self.headers.get("Metadata-Flavor") != "Google":
            return self.answer(403, "")
        if not self.path.endswith("/instance/service-accounts/default/token"):
            return self.answer(404, "")
        answer = {"access_token": self.known("google-token"), "expires_in": 3599, "token_type": "Bearer"}
        return self.answer(200, answer, [("Metadata-Flavor", "Google")])

    def google_token(self, form):
        """As https://developers.google.com/identity/protocols/oauth2/service-account#httprest has it."""
        problem = self.wrong_assertion(form)
        if problem:
            return self.answer(400, {"error": "invalid_grant", "error_description": problem})
        answer = {"access_token": self.known("google-token"), "expires_in": 3599, "token_type": "Bearer"}
        return self.answer(200, answer)

    def wrong_assertion(self, form):
        if form.get("grant_type") != ["urn:ietf:params:oauth:grant-type:jwt-bearer"]:
            return "the grant type is another"
        head, claims, signature = form["assertion"][0].split(".")
        decoded = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, claims, signature)]
        if json.loads(decoded[0]) != {"alg": "RS256", "typ": "JWT"}:
            return "the algorithm is another"
        said = json.loads(decoded[1])
        if said["iss"] != "agent@project.iam.gserviceaccount.com":
            return "the account is unknown"
        if said["scope"] != "https://www.googleapis.com/auth/cloud-platform":
            return "the scope is another"
        if said["aud"] != f"http://{self.headers['Host']}/token":
            return "it is for another server"
        if not said["iat"] - 60 <= time.time() <= said["exp"] <= said["iat"] + 3600:
            return "its time is over"
        with tempfile.NamedTemporaryFile() as file:
            file.write(decoded[2])
            file.flush()
            verified = subprocess.run(
                ["openssl", "dgst", "-sha256", "-verify", self.directory / "service-account.pub", "-signature", file.name],
                input=f"{head}.{claims}".encode(),
                capture_output=True,
                check=False,
            )
        return None if verified.returncode == 0 else "Invalid JWT Signature."

    def azure(self, query):
        wanted = {"api-version": ["2018-02-01"], "resource": ["https://containerregistry.azure.net"]}
        if self.headers.get("Metadata") != "true" or query != wanted:
            return self.answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
        return self.answer(200, {"access_token": self.known("azure-token"), "expires_in": "86399"})

    def amazon(self, body):
        refused = self.refused(body)
        if refused:
            message = "User: arn:aws:iam::1:user/agent is not authorized to perform: ecr:{} on resource: {}"
            return self.answer(400, {"__type": "AccessDeniedException", "message": message.format(*refused)})
        form = urllib.parse.parse_qs(body.decode(errors="replace"))
        if form.get("Action") == ["AssumeRoleWithWebIdentity"]:
            if form["WebIdentityToken"] != [self.known("web-identity")]:
                return self.answer(400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
            role = self.role()
            parts = [("AccessKeyId",) * 2, ("SecretAccessKey",) * 2, ("SessionToken", "Token")]
            content = "".join(f"<{name}>{role[key]}</{name}>" for name, key in parts)
            return self.answer(200, f"<R><Credentials>{content}</Credentials></R>")
        if not self.is_signed(body):
            if form:
                code = "SignatureDoesNotMatch"
                return self.answer(403, f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>")
            return self.answer(403, {"__type": "InvalidSignatureException", "message": "the signature is another"})
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        request = urllib.request.Request(self.moto, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return self.answer(answer.status, answer.read(), [("Content-Type", answer.headers["Content-Type"])])
        except urllib.error.HTTPError as error:
            return self.answer(error.code, error.read())

    def refused(self, body):
        """Operation and resource of a request to ECR that is not allowed; None if it is."""
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not operation:
            return None
        name = json.loads(body).get("repositoryName")
        resource = f"arn:aws:ecr:eu-central-1:{self.known('account')}:repository/{name}" if name else "*"
        if operation == self.known("refused-operation"):
            return operation, resource
        policy = self.known("policy")
        if policy is None:
            return None
        # Only tests with a policy need it, and it takes a while.
        from moto.iam.access_control import IAMPolicy, PermissionResult

        permission = IAMPolicy({"policy_document": policy}).is_action_permitted(f"ecr:{operation}", resource)
        return None if permission == PermissionResult.PERMITTED else (operation, resource)

    def is_signed(self, body):
        algorithm, _, rest = self.headers.get("Authorization", "").partition(" ")
        parts = dict(part.split("=", 1) for part in rest.split(", "))
        access, _, scope = parts.get("Credential", "").partition("/")
        names = parts.get("SignedHeaders", "").split(";")
        headers = {name.lower(): value for name, value in self.headers.items()}
        for line in self.known("aws-keys").splitlines():
            known, secret, token = line.split()
            if known != access or (token if token != "-" else None) != headers.get("x-amz-security-token"):
                continue
            needed = {"host", "x-amz-date"} | ({"x-amz-security-token"} if token != "-" else set())
            expected = signature(secret, scope, headers["x-amz-date"], headers, names, self.command, body)
            return algorithm == "AWS4-HMAC-SHA256" and needed <= set(names) and parts["Signature"] == expected
        return False

    do_GET = do_PUT = do_POST = respond

    def log_message(self, *_):
        """Nothing but what is in `asked`."""


def main():
    Handler.directory = pathlib.Path(sys.argv[1])
    Handler.moto = sys.argv[2]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
