"""What a `seed.py` of an estate is given: clients of an emulator, and a few words for what is made often."""

import datetime
import importlib.util
import json
import pathlib
import sys
import urllib.request
import zlib

import boto3
from botocore.config import Config

ESTATES = pathlib.Path(__file__).resolve().parent.parent / "estates"
# The two regions of the demo's company. The estates of `main.tf` are in the first alone.
HOME, AWAY = "us-east-1", "eu-west-1"


def services(file):
    """The services whose estate has this file, by name."""
    return sorted(path.parent.name for path in ESTATES.glob(f"*/{file}"))


def module(service, name):
    """`tests/estates/<service>/<name>.py`."""
    path = ESTATES / service / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{service.replace('-', '_')}_{name}", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, condition=None):
    """A role's trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return policy({**statement, "Condition": condition} if condition else statement)


def tls_only(bucket, sid="TlsOnly"):
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def clock(given):
    """The time that an estate is seeded at: the one given, in RFC 3339, or the present."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return datetime.datetime.fromisoformat(given.replace("Z", "+00:00")) if given else now.replace(microsecond=0)


class Clients:
    """The emulator at an endpoint. `lenient`: what it cannot do is left out with a line on stderr;
    else the first such thing ends the program."""

    def __init__(self, endpoint, lenient=False, now=None):
        self.endpoint, self.lenient, self.now = endpoint, lenient, clock(now)
        # A name that tries to break out of a page. ministack writes names and tags into its XML as
        # they are: with the first its answers could not be read.
        self.hostile = "{{7*7}} 'a' --" if lenient else "<script>alert(1)</script>"
        self.left_out = []
        self._made = {}
        self._turns = {}
        self._current = []
        self.account = self("sts").get_caller_identity()["Account"]

    def __call__(self, service, region=HOME):
        """boto3's client of a service."""
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id="SEED",
            aws_secret_access_key="SEED",
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def attempt(self, what, call, *args, **kwargs):
        """Makes one thing of the estate. Gives None where a lenient run leaves it out."""
        try:
            return call(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - every failure is reported alike
            if not self.lenient:
                raise SystemExit(f"could not seed {what}: {error}") from error
            self.left_out.append(what)
            print(f"left out: {what}: {str(error)[:160]}", file=sys.stderr)
            return None

    def made(self, service):
        """What the seed of another service gave; it is run now if it has not been."""
        if service not in self._made:
            if service in self._current:
                raise SystemExit(f"seeds need each other: {' > '.join([*self._current, service])}")
            self._current.append(service)
            self.draw_ids(service)
            self._made[service] = module(service, "seed").seed(self)
            self._current.pop()
        if self._current:
            caller = self._current[-1]
            turn = self._turns[caller] = self._turns.get(caller, 0) + 1
            self.draw_ids(f"{caller} after {turn}")
        return self._made[service]

    def draw_ids(self, name):
        """The identifiers that moto draws next are those that it drew after the same name before: the
        tape of one service can be recorded anew, and what others name of it stays true."""
        if self.lenient:
            return
        url = f"{self.endpoint}/moto-api/seed?a={zlib.crc32(name.encode())}"
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=30).read()
