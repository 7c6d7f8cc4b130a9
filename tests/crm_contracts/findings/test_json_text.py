"""Findings as JSON: whole, and as the published schema says."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from tests.crm_contracts.findings.samples import REPORTS, held, report

from crm_contracts.findings import Report, json_text

CHECK = Draft202012Validator(json_text.schema())


def written(one: Report) -> Any:
    return json.loads(json_text.render(one))


def test_nothing_is_left_out() -> None:
    """Every result with every finding and every word of it; the silent failure's, too."""
    data = written(report())

    assert {"passed": 2, "failed": 2, "not run": 2, "findings": 15} == data["counts"]
    assert [one.name for one in report().results] == [one["name"] for one in data["results"]]
    assert [13, 1, 1, 0, 0, 0] == [len(one["findings"]) for one in data["results"]]
    assert ["> GET /services/data/v60.0/query?q=SELECT+Id+FROM+Task", "< 200 OK"] == data["results"][0]["findings"][0][
        "shown"
    ]
    assert ("failed", "held") == (data["verdict"], written(held())["verdict"])
    skipped = [one for one in report().results if one.state == "not run"]
    assert "nothing checked" == written(replace(held(), results=skipped))["verdict"]
    assert "nothing checked" == written(replace(held(), results=[]))["verdict"]
    assert "held" == written(replace(held(), results=[*skipped, *held().results]))["verdict"]
    assert 0 == data["coverage"]["salesforce"]["composite"]


def test_the_schema_is_one() -> None:
    """What is published is a JSON Schema, and it refuses what is no report."""
    Draft202012Validator.check_schema(json_text.schema())
    assert not CHECK.is_valid({"report": 1})


@pytest.mark.parametrize("part", ["results", "findings"])
def test_the_schema_knows_every_field(part: str) -> None:
    """A field that is written and not published, or the other way round, is told."""
    data = written(report())
    for change in ("more", "less"):
        other = copy.deepcopy(data)
        one = other["results"][0] if part == "results" else other["results"][0]["findings"][0]
        for name in list(one) if change == "less" else [""]:
            less = copy.deepcopy(other)
            target = less["results"][0] if part == "results" else less["results"][0]["findings"][0]
            if name:
                del target[name]
            else:
                target["more"] = 1
            assert not CHECK.is_valid(less), (part, change, name)


@settings(max_examples=25, deadline=None)
@given(REPORTS)
def test_any_report_is_as_the_schema_says(any_report: Report) -> None:
    """Whatever came over the wire, what is written is UTF-8, JSON and valid."""
    text = json_text.render(any_report)

    assert [] == [error.message for error in CHECK.iter_errors(json.loads(text.encode()))]
