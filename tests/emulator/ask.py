"""Calls operations without input through botocore, and prints what they answered as JSON.

    python ask.py http://127.0.0.1:5000 < operations.json

Reads a list of [service, operation], by the names in .ci/models.toml. Prints, in the same order,
{"document": …} with times in RFC 3339 and blobs in base64, or {"error": code}.
"""

import base64
import datetime
import json
import sys
import tomllib
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import json_decode_policies
from botocore.parsers import ResponseParserError

MODELS = Path(__file__).resolve().parents[2] / ".ci/models.toml"


def plain(value):
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def main():
    endpoint = sys.argv[1]
    names = tomllib.loads(MODELS.read_text())
    session = botocore.session.Session()
    session.set_credentials("ASK", "ASK")
    clients, answers, last = {}, [], {}
    for service, operation in json.load(sys.stdin):
        if service not in clients:
            name = names[service].get("botocore", service)
            config = Config(retries={"max_attempts": 1})
            client = session.create_client(name, region_name="us-east-1", endpoint_url=endpoint, config=config)
            # What AWS sent, and not what botocore makes of it.
            client.meta.events.unregister("after-call.iam", json_decode_policies)
            client.meta.events.register("before-parse", lambda response_dict, **_: last.update(response_dict))
            clients[service] = client
        try:
            answer = clients[service]._make_api_call(operation, {})
            answer.pop("ResponseMetadata")
            answers.append({"document": plain(answer)})
        except ClientError as error:
            answers.append({"error": error.response["Error"]["Code"]})
        except ResponseParserError:
            # An error without a body that can be read: the status says what it was.
            answers.append({"error": str(last["status_code"])})
        except BotoCoreError as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
