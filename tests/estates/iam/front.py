"""A company with a history: in the emulator everything was made a minute ago."""

import base64
import re

import answers
from answers import ago
from clients import HOME

REPORT = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)
# Days since: made, password last used, key 1 made, key 1 last used, key 2 made, key 2 last used.
AGES = {
    "ada": (400, 1, None, None, None, None),
    "grace": (400, 2, 30, 1, None, None),
    "linus": (90, 70, None, None, None, None),
    "mallory": (700, 120, 380, 200, 100, None),
    "deploy-bot": (200, None, 120, 0, None, None),
    "root-account-mfa-device": (30, None, None, None, None, None),
}
# Days since a role was made, and last used.
ROLES = {"web": (400, 1), "vendor-good": (300, 10), "vendor-bad": (700, 200), "anyone": (500, None), "anyone-here": (20, None), "mixed": (90, 3)}


def credential_report(call):
    """The emulator's report has no row for root, and everything in it was made a minute ago."""
    status, headers, body = call.upstream()
    content = re.search(rb"<Content>(.*?)</Content>", body, re.S)
    if status != 200 or not content:
        return status, headers, body
    rows = base64.b64decode(content.group(1)).decode().splitlines()
    names = rows[0].split(",")
    account = rows[1].split(",")[1].split(":")[4] if len(rows) > 1 else "123456789012"
    out = [REPORT, f"<root_account>,arn:aws:iam::{account}:root,{ago(1500)},not_supported,{ago(12)},not_supported,not_supported,true,"
           "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"]
    for row in rows[1:]:
        cells = dict(zip(names, row.split(",")))
        ages = AGES.get(cells["user"])
        if ages:
            made, password, *keys = ages
            cells["user_creation_time"] = ago(made)
            if cells["password_enabled"] == "true":
                cells["password_last_changed"] = ago(min(made, 60))
                cells["password_last_used"] = "no_information" if password is None else ago(password)
                cells["password_next_rotation"] = ago(-30)
            else:
                cells.update(password_last_used="N/A", password_last_changed="N/A", password_next_rotation="N/A")
            for number, (rotated, used) in enumerate([keys[:2], keys[2:]], start=1):
                key = f"access_key_{number}"
                if cells[f"{key}_active"] == "true" and rotated is not None:
                    cells[f"{key}_last_rotated"] = ago(rotated)
                    known = used is not None
                    cells[f"{key}_last_used_date"] = ago(used) if known else "N/A"
                    cells[f"{key}_last_used_region"] = HOME if known else "N/A"
                    cells[f"{key}_last_used_service"] = "s3" if known else "N/A"
                elif cells[f"{key}_active"] != "true":
                    cells.update({f"{key}_{what}": "N/A" for what in ["last_rotated", "last_used_date", "last_used_region", "last_used_service"]})
        out.append(",".join(cells.get(name, "N/A") for name in REPORT.split(",")))
    text = base64.b64encode("\n".join(out).encode())
    body = body.replace(content.group(1), text)
    body = re.sub(rb"<GeneratedTime>.*?</GeneratedTime>", f"<GeneratedTime>{answers.NOW.strftime('%Y-%m-%dT%H:%M:%SZ')}</GeneratedTime>".encode(), body)
    return status, headers, body


def older(call):
    """Everything in the emulator was made a minute ago; users and roles of a company have a history."""
    status, headers, body = call.upstream()
    text = body.decode()

    def made(kind, name, days, after=""):
        nonlocal text
        member = re.compile(r"(<%s>%s</%s>(?:(?!</CreateDate>|<%s>).)*?<CreateDate>)[^<]*(</CreateDate>)" % (kind, re.escape(name), kind, kind), re.S)
        before = re.compile(r"(<CreateDate>)[^<]*(</CreateDate>(?:(?!<CreateDate>|</member>).)*?<%s>%s</%s>)" % (kind, re.escape(name), kind), re.S)
        text, found = member.subn(lambda it: it.group(1) + ago(days) + it.group(2) + after, text)
        if not found:
            text = before.sub(lambda it: it.group(1) + ago(days) + it.group(2) + after, text)

    for name, (days, used) in ROLES.items():
        last = "" if used is None else f"<RoleLastUsed><LastUsedDate>{ago(used)}</LastUsedDate><Region>{HOME}</Region></RoleLastUsed>"
        text = re.sub(r"(<RoleName>%s</RoleName>(?:(?!<RoleName>).)*?)<RoleLastUsed\s*/>" % re.escape(name), r"\1", text, flags=re.S)
        made("RoleName", name, days, last)
    for name, ages in AGES.items():
        made("UserName", name, ages[0])
    return status, headers, text.encode()


def root_mfa(call):
    """Root has a hardware device. The emulator's root has none, and no way to give it one."""
    status, headers, body = call.upstream()
    return status, headers, re.sub(rb"(<key>AccountMFAEnabled</key>\s*<value>)0", rb"\g<1>1", body)


ANSWERS = {
    "GetCredentialReport": credential_report,
    "GetAccountAuthorizationDetails": older,
    "GetAccountSummary": root_mfa,
}
