"""Findings as JUnit XML: what pytest, Jenkins and GitLab read.

The tables below say in our words what the schema of Jenkins' xUnit plugin (junit-10.xsd) allows; no package carries it.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from tests.crm_contracts.findings.samples import REPORTS, finding, report

from crm_contracts.findings import Report, Result, junit

CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", "system-out", "system-err"},
    "properties": {"property"},
    "property": set(),
    "testcase": {"skipped", "errors", "failure", "system-out", "system-err"},
    "failure": set(),
    "skipped": set(),
    "system-out": set(),
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "property": {"name", "value"},
    "testcase": {"name"},
}
OPTIONAL = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {
        "group",
        "time",
        "skipped",
        "timestamp",
        "hostname",
        "id",
        "package",
        "file",
        "log",
        "url",
        "version",
    },
    "testcase": {"time", "classname", "group"},
    "failure": {"type", "message"},
    "skipped": {"type", "message"},
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def hold(element: Element) -> None:
    """Hold *element* and what is in it against the schema."""
    tag = element.tag
    names = set(element.attrib)
    assert {child.tag for child in element} <= CHILDREN[tag]
    assert REQUIRED.get(tag, set()) <= names
    assert names <= REQUIRED.get(tag, set()) | OPTIONAL.get(tag, set())
    assert TIME.fullmatch(element.get("time", ""))
    for child in element:
        hold(child)


def written(one: Report) -> Element:
    made: Element = fromstring(junit.render(one))
    return made


def test_a_result_is_a_test_case_of_its_vendor() -> None:
    """Counts of suites are those of their cases; a check about no vendor is in a suite of our name."""
    made = written(Report(title="t", results=[*report().results, Result(name="ours", state="passed")]))
    told = [
        (
            suite.get("name"),
            suite.get("tests"),
            suite.get("failures"),
            suite.get("skipped"),
            len(suite.findall("testcase")),
        )
        for suite in made
    ]

    assert [("salesforce", "3", "2", "0", 3), ("planhat", "3", "0", "2", 3), ("understudy", "1", "0", "0", 1)] == told
    assert ("7", "2") == (made.get("tests"), made.get("failures"))
    assert [
        "salesforce.query",
        "salesforce.createRow",
        "salesforce.createRow",
        "planhat.listTasks",
        "planhat",
        "planhat",
    ] == [case.get("classname") for case in made.iter("testcase")][:6]


def test_each_state_has_its_element() -> None:
    """Failed: one failure with all findings; not run: skipped, with the reason; passed: neither."""
    cases = {case.get("name"): case for case in written(report()).iter("testcase")}
    failure = cases["query.pages"].findall("failure")

    assert 1 == len(failure)
    assert "ignored-next-records" == failure[0].get("type")
    assert (failure[0].get("message") or "").endswith("-2000 (and 12 more findings)")
    assert 13 == (failure[0].text or "").count("to do:   follow nextRecordsUrl")
    assert cases["create.bad-field"].find("failure") is not None
    skipped = cases["planhat.token"].find("skipped")
    assert skipped is not None
    assert "no sandbox: PLANHAT_TOKEN is not set" == skipped.get("message")
    assert {"system-out"} == {child.tag for child in cases["create.good"]}
    assert "warning: ids-as-text" in (cases["create.good"].findtext("system-out") or "")
    assert "evidence: assumed" == cases["planhat.list"].findtext("system-out")
    assert "0.250" == cases["query.pages"].get("time")


def test_what_xml_cannot_hold_is_shown_as_an_escape() -> None:
    """A control character of an answer is neither lost nor does it break the document."""
    odd = finding(seen="a\x00b\x1b]c\ufffe", where="d\ud800")
    made = written(Report(title="t", results=[Result(name="a", state="failed", findings=[odd])]))
    failure = made.find(".//failure")

    assert failure is not None
    assert r"a\x00b\x1b]c\ufffe" == failure.get("message")
    assert r"where:   d\ud800" in (failure.text or "")


@settings(max_examples=40, deadline=None)
@given(REPORTS)
def test_any_report_is_as_the_schema_says(any_report: Report) -> None:
    """Whatever came over the wire, what is written is UTF-8, XML and fits the schema; no result is missing."""
    made: Element = fromstring(junit.render(any_report).encode())

    hold(made)
    assert len(any_report.results) == len(list(made.iter("testcase")))
    assert any_report.counts["failed"] == len(list(made.iter("failure")))
