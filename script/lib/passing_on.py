"""A request handler that passes requests on to another server. Tests put it in front of a real registry."""

import http.client
import http.server
import sys
import threading

# Headers for one hop only (RFC 9110, section 7.6.1), or set again by the proxy.
HOP_HEADERS = {"transfer-encoding", "connection", "content-length"}


class Handler(http.server.BaseHTTPRequestHandler):
    """Passes requests on."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        # Docker tries TLS first, and recognizes a plain HTTP server by its answer: an HTTP line like Go's.
        if self.rfile.peek(1)[:1] == b"\x16":
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            self.close_connection = True
            return
        super().handle_one_request()

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                parts.append(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def received_headers(self):
        """A header may come several times, as Accept does."""
        return [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_HEADERS]

    def ask(self, server, method, path, body=b"", headers=()):
        """Asks a server, `host:port`; the headers are those of the request, without its length."""
        connection = http.client.HTTPConnection(server)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def pass_on(self, answer, content):
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_HEADERS:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.finish_answer(content, length or "0")

    def answer_with(self, status, content):
        """Answers as a registry does, with JSON."""
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", "application/json")
        self.finish_answer(content, str(len(content)))

    def finish_answer(self, content, length):
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def serve(handler):
    """Prints the port that it serves at, a free one, on standard output; ends with standard input."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
