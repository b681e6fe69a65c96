"""What a `front.py` of an estate answers with."""

import datetime
import json
import re
import struct
import threading
import urllib.parse

HOSTILE = "<script>alert(1)</script>"
# Set by the front when it starts.
NOW = None
LOCK = threading.Lock()


def ago(days):
    return (NOW - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S+00:00")


class Call:
    """One request, by what it means to AWS."""

    def __init__(self, method, target, headers, body, endpoint, passed_on):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.endpoint, self._passed_on = endpoint, passed_on
        url = urllib.parse.urlsplit(target)
        self.path, self.query = url.path, urllib.parse.parse_qs(url.query, keep_blank_values=True)
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("authorization", ""))
        self.region, self.service = scope.groups() if scope else ("", "")
        # The operation, of the protocols that name it.
        cbor = re.fullmatch(r"/service/[^/]+/operation/([^/]+)", self.path)
        if headers.get("x-amz-target"):
            self.named = headers["x-amz-target"].rsplit(".", 1)[-1]
        elif cbor:
            self.named = cbor.group(1)
        else:
            self.named = self.form().get("Action") if b"Action=" in body else None

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode("utf-8", "replace")))

    def json(self):
        return json.loads(self.body or b"{}")

    def upstream(self):
        """What the emulator answers."""
        return self._passed_on(self.method, self.target, self.headers, self.body)

    def ask(self, target, body=b"{}"):
        """What the emulator answers to another operation of a JSON service."""
        return json.loads(self._passed_on("POST", "/", {**self.headers, "x-amz-target": target}, body)[2])

    def ask_form(self, members):
        """What the emulator answers to another operation of a service that takes forms."""
        return self._passed_on(self.method, self.target, self.headers, urllib.parse.urlencode(members).encode())[2]


def as_json(value, status=200, **headers):
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value, default=datetime.datetime.timestamp).encode()


def rest_error(status, code, message):
    return as_json({"message": message, "__type": code}, status, **{"x-amzn-ErrorType": code})


def aws_json_error(status, code, message):
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"__type": code, "message": message}).encode()


def s3_error(status, code, message):
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return status, {"Content-Type": "application/xml"}, text.encode()


def as_cbor(value):
    """An answer of a service that speaks CBOR: RFC 8949, as far as it takes."""
    return 200, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, cbor(value)


def cbor(value):
    """RFC 8949, as far as an answer of CloudWatch needs it."""

    def head(major, number):
        for size, code in [(24, None), (1 << 8, 24), (1 << 16, 25), (1 << 32, 26), (1 << 64, 27)]:
            if number < size:
                if code is None:
                    return bytes([major << 5 | number])
                return bytes([major << 5 | code]) + number.to_bytes(1 << (code - 24), "big")
        raise ValueError(number)

    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, datetime.datetime):
        return b"\xc1" + cbor(value.timestamp())
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(key) + cbor(inner) for key, inner in value.items())
