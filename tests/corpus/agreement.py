#!/usr/bin/env python3
"""How far `tickmark check` agrees with a table of examples: `agreement.py TICKMARK TABLE.jsonl [DECIDED.txt]`.

Each line of the table is an object: `case`, `control` (our id), `files` (name to text) and `expect`, a list
of `{"any": true, "verdict": "no-fail" | "some-fail"}` or `{"address": …, "verdict": …}`. A file of decided
disagreements has lines `case control reason`: these are counted apart, and shown.
"""

import json
import pathlib
import subprocess
import sys
import tempfile


def judge(tickmark, case):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in case["files"].items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        command = [tickmark, "check", ".", "--format", "json", "--allow-empty", "--control", case["control"]]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode not in (0, 1, 3):
            return None, ended.stderr
        return json.loads(ended.stdout), ended.stderr


def results(check):
    """Every result by itself: its address, its verdict, and why it is not evaluated."""
    for said in check["results"]:
        reason = check["gaps"][said["gap"]]["reason"] if "gap" in said else None
        for at in said["locations"]:
            yield {"resource": {"address": at["address"]}, "verdict": said["verdict"], "reason": reason}


def agrees(wanted, results):
    found = [result for result in results if wanted.get("any") or result["resource"]["address"] == wanted.get("address")]
    verdicts = [result["verdict"] for result in found]
    if wanted["verdict"] == "no-fail":
        return "fail" not in verdicts
    if wanted["verdict"] == "some-fail":
        return "fail" in verdicts
    return wanted["verdict"] in verdicts


def main():
    tickmark, table = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    decided = {}
    if len(sys.argv) > 3:
        for line in pathlib.Path(sys.argv[3]).read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                case, control, reason = line.split(" ", 2)
                decided[case, control] = reason
    total = agreed = passed = 0
    for line in table.read_text().splitlines():
        case = json.loads(line)
        total += 1
        check, said = judge(tickmark, case)
        found = list(results(check)) if check else []
        verdicts = sorted({result["verdict"] for result in found})
        reasons = sorted({result.get("reason") or "" for result in found} - {""})
        unread = [error["message"] for error in check["errors"]] if check else [said]
        if check is not None and all(agrees(wanted, found) for wanted in case["expect"]):
            agreed += 1
            passed += "pass" in verdicts or "fail" in verdicts
            continue
        mark = decided.get((case["case"], case["control"]))
        agreed += mark is not None
        head = "decided" if mark else "DISAGREES"
        wanted = "; ".join(expect["verdict"] for expect in case["expect"])
        print(f"{head}: {case['case']} {case['control']}: wanted {wanted}, got {verdicts or 'nothing'} {reasons} {unread}")
        if mark:
            print(f"    {mark}")
    print(f"{agreed} of {total} agree ({100 * agreed / max(total, 1):.1f} %), {passed} by a pass or a fail")


if __name__ == "__main__":
    main()
