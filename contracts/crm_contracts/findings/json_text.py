"""A report as JSON, for programs. Its schema is data/report.schema.json.

Rule 1: nothing is left out: results that passed, findings in their order, lines that were shown.
Source of the schema's form: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from typing import Any, get_args

from crm_contracts.findings import Report, Result, State
from crm_contracts.findings.characters import for_utf8
from crm_contracts.findings.grouping import findings_of

__all__ = ["FORMAT", "as_data", "render", "schema"]

FORMAT = 1  # the version of this form; a field that is added does not raise it


def schema() -> dict[str, Any]:
    """The published JSON Schema."""
    found: dict[str, Any] = json.loads((files("crm_contracts.findings") / "data/report.schema.json").read_text("utf-8"))
    return found


def as_data(report: Report) -> dict[str, Any]:
    """*report* as JSON data."""
    return {
        "report": FORMAT,
        "title": report.title,
        "verdict": ("held" if report.ok else "failed") if report.ran else "nothing checked",
        "facts": dict(report.facts),
        "counts": {state: report.counts[state] for state in get_args(State)}
        | {"findings": sum(len(findings_of(one)) for one in report.results)},
        "results": [_result(one) for one in report.results],
        "coverage": {vendor: dict(calls) for vendor, calls in report.coverage.items()},
    }


def _result(result: Result) -> dict[str, Any]:
    data = asdict(result)
    data["findings"] = [asdict(one) | {"cause": one.group, "shown": list(one.shown)} for one in findings_of(result)]
    return data


def render(report: Report) -> str:
    """The whole document, with an end of line."""
    return for_utf8(json.dumps(as_data(report), ensure_ascii=False, indent=1)) + "\n"
