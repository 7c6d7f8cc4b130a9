"""Reports to be written: one as commands make them, and any at all."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from crm_contracts.findings import Finding, Report, Result

HOSTILE = "\x1b[2J\x07<script>alert(1)</script>]]>&amp;\u202e\ud83d\ufffe\x85\r\n"


def finding(number: int = 1, **said: Any) -> Finding:
    """A page of a query that nobody followed."""
    given: dict[str, Any] = {
        "check": "ignored-next-records",
        "seen": f"done=false, and nothing asks for nextRecordsUrl /services/data/v60.0/query/01g{number:012}-2000",
        "why": "rows behind the first 2,000 are never read",
        "remedy": "follow nextRecordsUrl until done is true",
        "where": f"request {number}: GET /services/data/v60.0/query?q=SELECT+Id+FROM+Task",
        "shown": ("> GET /services/data/v60.0/query?q=SELECT+Id+FROM+Task", "< 200 OK"),
        "vendor": "salesforce",
        "operation": "query",
        "grade": "documented",
        "source": "REST API guide, Query, https://developer.example/query",
        "entry": "salesforce.query.next",
    }
    return Finding(**(given | said))


def report() -> Report:
    """Two checks that failed, one silently; one that passed with a warning; two that did not run."""
    careless = finding(90, check="ids-as-text", level="warning", remedy="compare the first 15 characters")
    return Report(
        title="conform: in-process",
        facts={"target": "the fake of this process", "calls": "154"},
        coverage={"salesforce": {"query": 120, "createRow": 31, "composite": 0}, "planhat": {"listTasks": 3}},
        results=[
            Result(
                name="query.pages",
                state="failed",
                title="A query answers 2,000 rows",
                findings=[finding(number) for number in range(3, 16)],
                vendor="salesforce",
                operation="query",
                grade="documented",
                seconds=0.25,
            ),
            Result(
                name="create.bad-field",
                state="failed",
                title="An unknown field is INVALID_FIELD",
                vendor="salesforce",
                operation="createRow",
                grade="recorded",
            ),
            Result(
                name="create.good",
                state="passed",
                vendor="salesforce",
                operation="createRow",
                grade="recorded",
                findings=[careless],
            ),
            Result(name="planhat.list", state="passed", vendor="planhat", operation="listTasks", grade="assumed"),
            Result(name="planhat.token", state="not run", why="no sandbox: PLANHAT_TOKEN is not set", vendor="planhat"),
            Result(name="planhat.host", state="not run", why="no sandbox: PLANHAT_TOKEN is not set", vendor="planhat"),
        ],
    )


def held() -> Report:
    return Report(title="compare: in-process", results=[Result(name="one", state="passed")])


_TEXT = st.text(max_size=20) | st.just(HOSTILE)
_NAME = st.text(min_size=1, max_size=12) | st.just(HOSTILE)
_GRADE = st.sampled_from(["", "recorded", "documented", "assumed", "hearsay"])
_FINDINGS = st.builds(
    Finding,
    check=_NAME,
    seen=_TEXT,
    why=_TEXT,
    remedy=_TEXT,
    level=st.sampled_from(["error", "warning", "note"]),
    cause=_TEXT,
    where=_TEXT,
    shown=st.lists(_TEXT, max_size=3),
    vendor=_TEXT,
    operation=_TEXT,
    entry=_TEXT,
    grade=_GRADE,
    source=_TEXT,
    file=_TEXT,
    line=st.integers(0, 99),
)
_RESULTS = st.builds(
    Result,
    name=_NAME,
    state=st.sampled_from(["passed", "failed", "not run"]),
    title=_TEXT,
    findings=st.lists(_FINDINGS, max_size=3),
    why=_TEXT,
    vendor=_TEXT,
    operation=_TEXT,
    grade=_GRADE,
    seconds=st.floats(0, 9999),
)
# Any report that commands can make, and texts in it that a wire can bring.
REPORTS = st.builds(
    Report,
    title=_TEXT,
    results=st.lists(_RESULTS, max_size=4, unique_by=lambda result: result.name),
    facts=st.dictionaries(_TEXT, _TEXT, max_size=2),
    coverage=st.dictionaries(_NAME, st.dictionaries(_NAME, st.integers(0, 10**6), max_size=3), max_size=2),
)
