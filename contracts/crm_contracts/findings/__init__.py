"""What a check of ours has to say: findings, and a report of many results. How it is shown is each writer's business.

Rule 1: a finding says what was seen, why that is wrong, and what to do; who never saw the traffic can act on it.
Rule 2: what did not run is told as not run, with the reason, and counts neither as passed nor as failed.
Rule 3: results stand in the order in which they came; a report with the same results is the same text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Finding", "Level", "Report", "Result", "State"]

Level = Literal["error", "warning", "note"]
State = Literal["passed", "failed", "not run"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that is wrong.

    *check* names the rule of ours that it breaks (`ignored-next-records`), *seen* what was seen in one line, *why* what
    is wrong with that, *remedy* what to do. *cause* groups findings that one change would mend ("" = *check*). *where*
    tells a person the place (`request 12: POST /services/data/v60.0/composite/sobjects`), *shown* are lines that prove
    it (the request, the answer), free of secrets. *operation* is the document's operationId, *grade* and *source* the
    evidence of what the vendor is held to ("" = none); *entry* the ledger's id. *file* and *line* are the place in the
    user's own files, where one is known.
    """

    check: str
    seen: str
    why: str
    remedy: str
    level: Level = "error"
    cause: str = ""
    where: str = ""
    shown: Sequence[str] = ()
    vendor: str = ""
    operation: str = ""
    entry: str = ""
    grade: str = ""
    source: str = ""
    file: str = ""
    line: int = 0

    @property
    def held_to(self) -> str:
        """The evidence in words: `documented: REST API guide, Query (ledger salesforce.query.next)`."""
        said = ": ".join(one for one in (self.grade, self.source) if one)
        return f"{said} (ledger {self.entry})".strip() if self.entry else said

    @property
    def group(self) -> str:
        """What findings of one cause share."""
        return self.cause or self.check


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One check that was made, or was not. *name* is unique in its report; *why* says why it did not run."""

    name: str
    state: State
    title: str = ""
    findings: Sequence[Finding] = ()
    why: str = ""
    vendor: str = ""
    operation: str = ""
    grade: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Everything one command found. *title* is what was asked (`conform: in-process`), *facts* are words for its head
    (what was put to the proof, how many calls it took), *coverage* counts calls by vendor and operationId.
    """

    title: str
    results: Sequence[Result]
    facts: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        return [finding for result in self.results for finding in result.findings]

    @property
    def counts(self) -> Counter[State]:
        """How many results are in each state."""
        return Counter(result.state for result in self.results)

    @property
    def ran(self) -> int:
        """How many results there are of checks that ran: of none, nothing is known."""
        return len(self.results) - self.counts["not run"]

    @property
    def ok(self) -> bool:
        """Whether a build may go on: nothing failed."""
        return not self.counts["failed"]
