"""Stands before an emulator and brings in what it cannot show: calls that AWS refuses, and answers
of operations the emulator lacks. The tapes of moto are recorded through it.

    python front.py http://127.0.0.1:5000 [TIME]

What it answers is in `tests/estates/<service>/front.py`, which has a table `ANSWERS` of functions by
AWS's name of the operation. A function gets a `Call` and gives `(status, headers, body)`, or `None` to
leave the answer to the emulator. `MODEL` is botocore's name of the service, where the folder has
another. Everything else is passed through unchanged. Prints its own port; ends when its standard
input closes. `TIME` (RFC 3339) is what the emulator's clock said when it started.
"""

import http.client
import http.server
import os
import re
import sys
import threading
import urllib.parse

from botocore.loaders import Loader

import answers
from answers import Call
from clients import clock, module, services


class Model:
    """How AWS's model of a service names a request."""

    def __init__(self, name):
        model = Loader().load_service_model(name, "service-2")
        meta = model["metadata"]
        self.signed_as = meta.get("signingName", meta["endpointPrefix"])
        self.operations = set(model["operations"])
        self.paths = []
        for operation, said in model["operations"].items():
            if meta["protocol"].startswith("rest"):
                path, _, query = said["http"]["requestUri"].partition("?")
                pattern = "/".join(
                    re.escape(part) if "{" not in part else ".+" if part.endswith("+}") else "[^/]+"
                    for part in path.strip("/").split("/")
                )
                wanted = set(urllib.parse.parse_qs(query, keep_blank_values=True))
                self.paths.append((said["http"]["method"], re.compile(pattern), wanted, path.count("{"), operation))

    def operation(self, call):
        """AWS's name of the operation, or nothing where this is not the service's."""
        if call.service != self.signed_as:
            return None
        if call.named:
            return call.named if call.named in self.operations else None
        fits = [
            (len(wanted), -blanks, operation)
            for method, pattern, wanted, blanks, operation in self.paths
            if method == call.method and wanted <= set(call.query) and pattern.fullmatch(call.path.strip("/"))
        ]
        return max(fits)[2] if fits else None


def fronts():
    for service in services("front.py"):
        front = module(service, "front")
        model = Model(getattr(front, "MODEL", service))
        unknown = set(front.ANSWERS) - model.operations
        if unknown:
            raise SystemExit(f"tests/estates/{service}/front.py: no operations of AWS: {sorted(unknown)}")
        yield model, front.ANSWERS


def main():
    upstream = urllib.parse.urlsplit(sys.argv[1])
    answers.NOW = clock(sys.argv[2] if len(sys.argv) > 2 else None)
    tables = list(fronts())

    def passed_on(method, target, headers, body):
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=60)
        headers = {key: value for key, value in headers.items() if key not in ("host", "connection", "content-length")}
        connection.request(method, target, body=body, headers={**headers, "Host": upstream.netloc})
        answer = connection.getresponse()
        content = answer.read()
        dropped = ("connection", "content-length", "transfer-encoding", "server", "date")
        kept = {key: value for key, value in answer.getheaders() if key.lower() not in dropped}
        connection.close()
        return answer.status, kept, content

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self):
            length = int(self.headers.get("Content-Length") or 0)
            headers = {key.lower(): value for key, value in self.headers.items()}
            call = Call(self.command, self.path, headers, self.rfile.read(length), sys.argv[1], passed_on)
            answer = None
            for model, table in tables:
                operation = model.operation(call)
                if operation in table:
                    answer = table[operation](call)
            status, headers, body = answer or call.upstream()
            if os.environ.get("FRONT_LOG"):
                print(call.region, call.service, call.method, call.target, call.named, status, bool(answer), file=sys.stderr)
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = respond

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    def end_with_parent():
        while sys.stdin.buffer.read(1):
            pass
        os._exit(0)

    threading.Thread(target=end_with_parent, daemon=True).start()
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
