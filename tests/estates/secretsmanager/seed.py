"""Secrets, one of them turned by a function."""

import io
import zipfile

from clients import AWAY, tags


def seed(clients):
    clients.made("iam")
    secrets = clients("secretsmanager")
    clients.attempt("secret", secrets.create_secret, Name="northwind/database", SecretString="x", Tags=tags(note=clients.hostile))
    clients.attempt("secret", secrets.create_secret, Name="northwind/forgotten", SecretString="x")
    clients.attempt(
        "secret in the other region", clients("secretsmanager", AWAY).create_secret, Name="northwind/eu", SecretString="x"
    )
    rotator = clients.attempt(
        "rotation function", clients("lambda").create_function, FunctionName="rotator", Runtime="python3.12",
        Role=f"arn:aws:iam::{clients.account}:role/web", Handler="a.b", Code={"ZipFile": archive()},
    )
    if rotator:
        clients.attempt(
            "rotation of the secret", secrets.rotate_secret, SecretId="northwind/database",
            RotationLambdaARN=rotator["FunctionArn"], RotationRules={"AutomaticallyAfterDays": 30},
        )


def archive():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.py", "def b(event, context): pass\n")
    return out.getvalue()


def apply(clients):
    clients("secretsmanager").create_secret(Name="parity-bad")
