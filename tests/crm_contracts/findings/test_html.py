"""Findings as one HTML page: it needs nothing else, and nothing from the wire acts in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from tests.crm_contracts.findings.samples import REPORTS, finding, held, report

from crm_contracts.findings import Report, Result, html
from crm_contracts.findings.coverage import whole
from crm_contracts.findings.plots import by_grade, by_operation
from crm_contracts.openapi.documents import operations

VOID = {"meta", "br"}
TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "h3",
    "p",
    "dl",
    "dt",
    "dd",
    "table",
    "tr",
    "th",
    "td",
}
TAGS |= {"td", "a", "section", "ol", "li", "span", "b", "code", "pre", "details", "summary", "div", "svg", "rect", "br"}


class Reader(HTMLParser):
    """Elements with their attributes, and the text; raises AssertionError where they do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in {"dt", "dd", "td", "h3", "li", "p"}:
            self.text += " "
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_the_page_needs_nothing_else() -> None:
    """No script, no address that is fetched: links lead to places of the page."""
    page = html.render(report())
    read = Reader(page)

    assert TAGS >= {tag for tag, _ in read.found}
    assert {"src", "href", "xlink:href", "srcset"} & {name for _, said in read.found for name in said} == {"href"}
    ids = {said["id"] for _, said in read.found if "id" in said}
    assert {f"#{one}" for one in ids} >= {said["href"] for _, said in read.found if "href" in said}
    assert not re.search(r"url\(|@import|@font-face", page)


def test_the_page_tells_what_the_report_tells() -> None:
    """Verdict, counts, causes with what to do, every place, the lines that prove it, what did not run and why."""
    text = " ".join(Reader(html.render(report())).text.split())

    for said in (
        "Failed: conform: in-process",
        "6 checks: 2 passed, 2 failed, 2 not run",
        "14 errors, 1 warning, of 3 causes",
        "error: ignored-next-records (13 places)",
        "to do follow nextRecordsUrl until done is true",
        "held to documented: REST API guide, Query",
        "no sandbox: PLANHAT_TOKEN is not set",
        "planhat.token, planhat.host",
        "Salesforce: 2 of 3 operations called, 151 calls",
        "Planhat: 1 operation called, 3 calls",
    ):
        assert said in text
    for number in range(3, 16):
        assert f"request {number}: GET" in text
    assert 13 + 1 == text.count("< 200 OK")
    assert "Held: compare: in-process" in Reader(html.render(held())).text


def test_what_findings_of_one_cause_do_not_share_is_said_at_each() -> None:
    """Two remedies of one cause are both told, at their places; what they share is told once."""
    both = [finding(1, remedy="do this"), finding(2, remedy="do that", entry="")]
    text = Reader(html.render(Report(title="t", results=[Result(name="a", state="failed", findings=both)]))).text

    assert 1 == text.count("to do: do this")
    assert 1 == text.count("to do: do that")
    assert 2 == text.count("held to: documented")
    assert 1 == text.count("rows behind the first 2,000 are never read")
    assert "as each of them says" in text


def test_grades_are_drawn_from_the_strongest_with_every_state() -> None:
    """A bar for each grade; its parts are the states, side by side, as wide as they are many."""
    told = [
        (bar.name, [(part.kind, part.number, part.start, part.width) for part in bar.parts])
        for bar in by_grade(report())
    ]

    assert [
        ("recorded", [("passed", 1, 0, 50), ("failed", 1, 50, 50)]),
        ("documented", [("failed", 1, 0, 50)]),
        ("assumed", [("passed", 1, 0, 50)]),
        ("no grade", [("not run", 2, 0, 100)]),
    ] == told


def test_operations_are_drawn_with_those_that_nobody_called() -> None:
    """The most called first; one that was not called has a bar of no width, and is counted."""
    first, other = by_operation(report())

    assert ("salesforce", 151, 2, ["query", "createRow", "composite"]) == (
        first.vendor,
        first.calls,
        first.called,
        [one.name for one in first.operations],
    )
    assert [100, 0] == [first.operations[0].width, first.operations[-1].width]
    assert ("planhat", 3, 1) == (other.vendor, other.calls, other.called)


def test_a_whole_coverage_names_what_nobody_called() -> None:
    """Each faked operation of the document is there; one that is not faked is not missed."""
    document = operations("marketo") + operations("totango")
    made = whole({"totango": {"createTask": 7}, "marketo": {}})
    faked = {one.operation_id for one in document if one.not_faked is None}

    assert faked == made["totango"].keys() | made["marketo"].keys()
    assert 7 == made["totango"]["createTask"]
    assert {0} == set(made["marketo"].values())


def test_nothing_checked_is_not_held() -> None:
    """A page of checks that did not run says that nothing was checked."""
    page = html.render(Report(title="t", results=[Result(name="a", state="not run", why="no sandbox")]))

    assert "Nothing was checked: t" in Reader(page).text


def test_what_the_wire_says_is_text() -> None:
    """Markup in a request is shown, not obeyed."""
    odd = finding(seen="<img src=x onerror=alert(1)>", where='" onload="x', shown=("<script>1</script>",))
    read = Reader(html.render(Report(title="<b>", results=[Result(name="a", state="failed", findings=[odd])])))

    assert TAGS >= {tag for tag, _ in read.found}
    assert "<img src=x onerror=alert(1)>" in read.text
    assert not [name for _, said in read.found for name in said if name.startswith("on")]


@settings(max_examples=15, deadline=None)
@given(REPORTS)
def test_any_report_is_a_page(any_report: Report) -> None:
    """Whatever came over the wire, elements nest, none is foreign, and no character steers."""
    page = html.render(any_report)

    assert TAGS >= {tag for tag, _ in Reader(page).found}
    assert [] == re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    assert page.encode()
