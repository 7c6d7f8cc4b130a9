"""A report as SARIF 2.1.0, with what GitHub's code scanning asks beyond the standard.

Rule 1: a finding is a result, its check is a rule; what passed is not told, what did not run is a notification.
Rule 2: traffic has no file, and GitHub shows no result without one: a finding that knows no file is put at
`contract/VENDOR/OPERATION`, line 1, a path that no repository has. The same finding has the same path in each run.
Rule 3: a fingerprint is made of what stays when the same program runs again: the check, the operation, and the place
without its numbers and ids. Findings that are alike in all this are counted, as CodeQL does.
Source: SARIF 2.1.0 (OASIS, errata 01), sections 3.14, 3.19, 3.27, 3.49; GitHub documentation, "SARIF support for code
scanning" (required: rule texts, physicalLocation, region; `primaryLocationLineHash`; categories by automationDetails).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote

from crm_contracts.findings import Finding, Report, Result
from crm_contracts.findings.characters import for_utf8
from crm_contracts.findings.grouping import findings_of, not_run, words

__all__ = ["render"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
NOT_RUN = "not-run"
_VARYING = re.compile(r"[0-9A-Za-z_-]*[0-9][0-9A-Za-z_-]*")  # numbers, stamps, record ids, versions
_URL = re.compile(r"https://[^\s)>\]]+")


def render(report: Report) -> str:
    """The whole log."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    return for_utf8(json.dumps(log, ensure_ascii=False, indent=1)) + "\n"


def _run(report: Report) -> dict[str, Any]:
    found = [(result, finding) for result in report.results for finding in findings_of(result)]
    rules: dict[str, Finding] = {}
    for _, finding in found:
        rules.setdefault(finding.check, finding)
    numbers = {check: number for number, check in enumerate(rules)}
    seen: Counter[str] = Counter()
    invocation: dict[str, Any] = {"executionSuccessful": report.ran > 0}
    if report.counts["not run"]:
        invocation["toolExecutionNotifications"] = _notifications(report)
    driver: dict[str, Any] = {"name": "Understudy", "rules": [_rule(finding) for finding in rules.values()]}
    if our_version():
        driver["version"] = our_version()
    if report.counts["not run"]:
        driver["notifications"] = [{"id": NOT_RUN, "shortDescription": {"text": "Checks that did not run"}}]
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"understudy/{_slug(report.title)}/"},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [_result(result, finding, numbers, seen) for result, finding in found],
        "properties": {"title": report.title, "facts": dict(report.facts)},
    }


def our_version() -> str:
    """Of the installed distribution; nothing in a bare checkout."""
    try:
        return version("understudy")
    except PackageNotFoundError:
        return ""


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "report"


def _notifications(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "descriptor": {"id": NOT_RUN, "index": 0},
            "level": "note",
            "message": {"text": f"{words(len(results), 'check')} did not run: {why}"},
            "properties": {"checks": [one.name for one in results]},
        }
        for why, results in not_run(report)
    ]


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": finding.check,
        "name": "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", finding.check)),
        "shortDescription": {"text": finding.check.replace("-", " ").replace(".", ": ")},
        "fullDescription": {"text": finding.why or finding.check},
        "help": {
            "text": f"{finding.why}\n\nWhat to do: {finding.remedy}",
            "markdown": f"**What is wrong**: {finding.why}\n\n**What to do**: {finding.remedy}",
        },
        "defaultConfiguration": {"level": finding.level},
        "properties": {
            "tags": ["contract", *([finding.vendor] if finding.vendor else [])],
            "problem.severity": {"note": "recommendation"}.get(finding.level, finding.level),
        },
    }
    address = _URL.search(finding.source)
    if address:
        rule["helpUri"] = address[0]
    return rule


def _result(result: Result, finding: Finding, numbers: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    fingerprint = _fingerprint(result, finding)
    seen[fingerprint] += 1
    told = [finding.seen, f"Where: {finding.where}" if finding.where else "", f"Why it is wrong: {finding.why}"]
    told += [f"What to do: {finding.remedy}", f"Held to: {finding.held_to}" if finding.held_to else ""]
    kept = {name: getattr(finding, name) for name in ("cause", "where", "entry", "grade", "source")}
    return {
        "ruleId": finding.check,
        "ruleIndex": numbers[finding.check],
        "level": finding.level,
        "message": {"text": "\n".join(line for line in told if line)},
        "locations": [_location(finding)],
        "partialFingerprints": {"primaryLocationLineHash": f"{fingerprint}:{seen[fingerprint]}"},
        "properties": {"check": result.name, "shown": list(finding.shown)}
        | {name: value for name, value in kept.items() if value},
    }


def _fingerprint(result: Result, finding: Finding) -> str:
    """Rule 3."""
    lasting = (result.name, finding.check, finding.cause, finding.vendor, finding.operation, finding.entry)
    place = _VARYING.sub("#", finding.where)
    return hashlib.sha256("\0".join((*lasting, place)).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _location(finding: Finding) -> dict[str, Any]:
    """Rule 2."""
    names = [name for name in (finding.vendor, finding.operation) if name]
    parts = [quote(for_utf8(name), safe="") for name in ("contract", *(names or [finding.check]))]
    uri = quote(for_utf8(finding.file.replace("\\", "/").lstrip("/")), safe="/") if finding.file else "/".join(parts)
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": max(1, finding.line)}},
    }
    if names:
        kind = "function" if finding.operation else "module"
        location["logicalLocations"] = [{"name": names[-1], "fullyQualifiedName": "/".join(names), "kind": kind}]
    return location
