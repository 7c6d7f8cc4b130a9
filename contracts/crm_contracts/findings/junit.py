"""A report as JUnit XML, as Jenkins, GitLab and pytest's `xunit2` know it.

Rule 1: a result is a test case of the suite of its vendor; its class name is `vendor.operation`.
Rule 2: a test case has one `failure` with all its findings, for readers of the format take no more than the first.
Rule 3: a finding that fails no build is in `system-out`, what did not run is `skipped` with its reason.
Source: the schema of Jenkins' xUnit plugin (junit-10.xsd), which pytest holds its own xunit2 output against; GitLab's
unit test reports (suite = class name).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from crm_contracts.findings import Finding, Report, Result
from crm_contracts.findings.characters import for_xml
from crm_contracts.findings.grouping import findings_of, words

__all__ = ["render"]

_OURS = "understudy"  # the class of a check that is about no vendor


def render(report: Report) -> str:
    """The whole document."""
    top = ET.Element("testsuites", {"name": for_xml(report.title)} | _counts(report.results))
    suites: dict[str, list[Result]] = {}
    for result in report.results:
        suites.setdefault(result.vendor or _OURS, []).append(result)
    for vendor, results in suites.items():
        _suite(top, vendor, results, report)
    ET.indent(top, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


def _counts(results: Sequence[Result]) -> dict[str, str]:
    failed = sum(result.state == "failed" for result in results)
    return {
        "tests": str(len(results)),
        "failures": str(failed),
        "errors": "0",
        "time": f"{sum(result.seconds for result in results):.3f}",
    }


def _suite(top: ET.Element, vendor: str, results: Sequence[Result], report: Report) -> None:
    skipped = sum(result.state == "not run" for result in results)
    suite = ET.SubElement(top, "testsuite", {"name": for_xml(vendor), "skipped": str(skipped)} | _counts(results))
    if report.facts:
        properties = ET.SubElement(suite, "properties")
        for name, value in report.facts.items():
            ET.SubElement(properties, "property", {"name": for_xml(name), "value": for_xml(value)})
    for result in results:
        _case(suite, result)


def _case(suite: ET.Element, result: Result) -> None:
    of = ".".join(one for one in (result.vendor, result.operation) if one) or _OURS
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": for_xml(of), "name": for_xml(result.name), "time": f"{result.seconds:.3f}"},
    )
    findings = findings_of(result)
    if result.state == "not run":
        ET.SubElement(case, "skipped", {"type": "not run", "message": for_xml(result.why)})
    if result.state == "failed":
        first, *rest = findings
        more = f" (and {words(len(rest), 'more finding')})" if rest else ""
        failure = ET.SubElement(
            case, "failure", {"type": for_xml(first.group), "message": for_xml(first.seen.partition("\n")[0] + more)}
        )
        failure.text = for_xml(_told(findings))
    out = [*_about(result), *([_told(findings)] if findings and result.state != "failed" else [])]
    if out:
        ET.SubElement(case, "system-out").text = for_xml("\n".join(out))


def _about(result: Result) -> Iterable[str]:
    """What the format has no place for."""
    if result.title:
        yield result.title
    if result.grade:
        yield f"evidence: {result.grade}"


def _told(findings: Sequence[Finding]) -> str:
    """Findings as text, each whole: a reader of JUnit sees one test case at a time."""
    return "\n\n".join("\n".join(_lines(finding)) for finding in findings)


def _lines(finding: Finding) -> Iterable[str]:
    yield f"{finding.level}: {finding.group}" + (f" ({finding.check})" if finding.check != finding.group else "")
    for label, text in (
        ("where", finding.where),
        ("seen", finding.seen),
        ("wrong", finding.why),
        ("to do", finding.remedy),
        ("held to", finding.held_to),
    ):
        if text:
            yield f"  {label + ':':<9}{text}"
    yield from (f"  | {line}" for line in finding.shown)
