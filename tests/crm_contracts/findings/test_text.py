"""Findings as text: the summary first, each cause once, nothing hidden."""

from __future__ import annotations

import re

from hypothesis import given, settings
from tests.crm_contracts.findings.samples import REPORTS, finding, held, report

from crm_contracts.findings import Report, Result
from crm_contracts.findings.text import PLACES_MAX, WIDTH, coloured, render


def test_the_summary_comes_first() -> None:
    """Counts, what was asked, and how many findings each cause has, before anything else."""
    expected = [
        "conform: in-process",
        "checks      6 checks: 2 passed, 2 failed, 2 not run",
        "not run     2: no sandbox: PLANHAT_TOKEN is not set",
        "target      the fake of this process",
        "calls       154",
        "operations  called: Salesforce 2 of 3",
        "findings    14 errors, 1 warning, of 3 causes",
        "               13  ignored-next-records",
        "                1  create.bad-field",
        "                1  ids-as-text",
        "",
    ]
    assert expected == render(report()).splitlines()[:11]


def test_long_names_of_facts_stand_in_one_column() -> None:
    """What is said of each begins below what is said of the others; thousands are told apart."""
    facts = {"calls": "one", "Marketo Sales Insight Actions": "other"}
    passed = [Result(name=str(number), state="passed") for number in range(1_001)]

    assert [
        "checks                         1,001 checks: 1,001 passed",
        "calls                          one",
        "Marketo Sales Insight Actions  other",
    ] == render(Report(title="t", results=passed, facts=facts)).splitlines()[1:4]


def test_what_findings_of_one_cause_share_is_said_once() -> None:
    """What is wrong and what to do stand above the places; a proof is shown for the first of them."""
    text = render(report())
    cause = text.partition("error: ignored-next-records")[2].partition("error: create.bad-field")[0]

    assert 1 == cause.count("rows behind the first 2,000 are never read")
    assert 1 == cause.count("follow nextRecordsUrl")
    assert 1 == cause.count("< 200 OK")
    assert 1 == cause.count("documented: REST API guide")
    assert PLACES_MAX == len(re.findall(r"^ +\d+\. +request", cause, re.MULTILINE))
    assert "and 3 more places (--format json has them all)" in cause


def test_causes_of_errors_come_first_then_the_largest() -> None:
    """However many warnings there are: what fails the build is on top."""
    warnings = [finding(number, check="small", level="warning") for number in range(3)]
    found = [*warnings, finding(check="one"), finding(7, check="two"), finding(8, check="two")]
    text = render(Report(title="t", results=[Result(name="a", state="failed", findings=found)]))

    assert ["error: two", "error: one", "warning: small"] == re.findall(r"^(?:error|warning): \w+", text, re.MULTILINE)


def test_what_findings_of_one_cause_do_not_share_is_said_at_each() -> None:
    """Two remedies of one cause are both told, at their places."""
    both = [finding(1, remedy="do this"), finding(2, remedy="do that", entry="")]
    text = render(Report(title="t", results=[Result(name="a", state="failed", findings=both)]))

    assert ["to do: do this", "to do: do that"] == re.findall(r"to do: .*", text)
    assert 2 == text.count("held to: documented")


def test_a_place_with_many_findings_is_named_once() -> None:
    """An answer that differs in each of its rows: below its address stands what differs."""
    found = [finding(1, seen="row 1"), finding(1, seen="row 2"), finding(3, seen="row 3")]
    text = render(Report(title="t", results=[Result(name="a", state="failed", findings=found)]))

    assert 1 == text.count("request 1: ")
    assert "\n  2.  row 2\n  3.  request 3: " in text


def test_a_body_of_many_lines_stays_in_its_column() -> None:
    """What proves a finding is behind one bar, whatever lines it has of its own."""
    shown = Result(name="x", state="failed", findings=[finding(shown=["came: 200 a,b\n  1,2\n\n3,4\n", "last"])])
    lines = render(Report(title="x", results=[shown])).splitlines()
    first = lines.index("      | came: 200 a,b")

    assert ["          1,2", "", "        3,4", "      | last"] == lines[first + 1 : first + 5]


def test_a_failure_without_a_finding_is_told() -> None:
    """Nothing that failed is left out, though its check says no more."""
    assert "error: create.bad-field" in render(report())
    assert "An unknown field is INVALID_FIELD" in render(report())


def test_what_did_not_run_is_told_by_reason_and_never_as_passed() -> None:
    """Checks that did not run stand with their reason; a report of nothing else says that nothing was checked."""
    text = render(report())
    skipped = Report(title="t", results=[Result(name="a", state="not run", why="no sandbox")])

    assert "    2  no sandbox: PLANHAT_TOKEN is not set\n       planhat.token, planhat.host\n" in text
    assert render(skipped).endswith("\nNothing was checked.\n")


def test_the_reason_of_the_most_comes_first() -> None:
    """What keeps most checks from running is what somebody may want to mend; of many names, some stand for all."""
    others = [Result(name=f"many.{number}", state="not run", why="no sandbox") for number in range(8)]
    text = render(Report(title="t", results=[Result(name="one", state="not run", why="no budget"), *others]))

    assert (
        "    8  no sandbox\n"
        "       many.0, many.1, many.2, many.3, many.4, many.5 and 2 more\n"
        "    1  no budget\n"
        "       one\n"
    ) in text


def test_many_reasons_are_told_below_the_summary() -> None:
    """The summary has three of them and says how many more there are; below stand all."""
    skipped = [Result(name=f"check.{number}", state="not run", why=f"reason {number}") for number in range(5)]
    text = render(Report(title="t", results=skipped))

    assert 3 == text.count("not run     1: reason")
    assert "            and for 2 more reasons: see below\n" in text
    assert all(f"    1  reason {number}\n" in text for number in range(5))


def test_the_verdict_comes_last() -> None:
    """The last line says what a build goes by."""
    warned = Report(
        title="t", results=[Result(name="a", state="passed", findings=[finding(level="warning", grade="", source="")])]
    )

    assert "Failed: 2 of 4 checks: 14 errors, 1 warning." == render(report()).splitlines()[-1]
    assert "Held: 1 check passed." == render(held()).splitlines()[-1]
    assert "Held: 1 check passed, with 1 finding that fails no build." == render(warned).splitlines()[-1]


def test_colour_changes_no_word() -> None:
    """Without its colours, the text of a terminal is the text of a file."""
    on_terminal = render(report(), coloured)

    assert "\x1b[31m" in on_terminal
    assert render(report()) == re.sub(r"\x1b\[[0-9;]*m", "", on_terminal)


@settings(max_examples=60, deadline=None)
@given(REPORTS)
def test_whatever_came_over_the_wire_steers_no_terminal(any_report: Report) -> None:
    """No control character but line feeds; it can be encoded; a line is too wide only for one long word."""
    text = render(any_report)

    assert [] == re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert text.encode()
    for line in text.split("\n"):
        assert len(line) <= WIDTH + 24 or len(line.split()) <= 2, line
