"""What a run did, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

CREATED, FOUND, UPDATED, UNCHANGED, REMEMBERED = "created", "found", "updated", "unchanged", "remembered"
REFUSED, FAILED, STOPPED = "refused", "failed", "stopped"
WOULD_CREATE, WOULD_UPDATE = "would create", "would update"
_WRONG: Final = frozenset({REFUSED, FAILED, STOPPED})


@dataclass(frozen=True)
class Outcome:
    """What became of one item at one node.

    *status*: created, found (made before, in doubt until now), updated, unchanged (nothing to write), remembered (done
    in an earlier run), refused (for good), failed (may pass), stopped (not tried), would create, would update.
    *not_applied*: fields that do not hold what was written. *unread*: why nothing could be read back, "" when it could.
    *differs*: what would be sent now is not what was sent then.
    """

    node: str
    path: str
    status: str
    object: str = ""
    record_id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    not_applied: tuple[str, ...] = ()
    unread: str = ""
    differs: bool = False
    code: str = ""
    message: str = ""
    remedy: str = ""

    @property
    def wrong(self) -> bool:
        """The item did not get through."""
        return self.status in _WRONG

    def line(self) -> str:
        """One line for a person."""
        where = f"{self.node}[{self.path}]" if self.path else self.node
        if self.wrong:
            named = f" ({', '.join(self.fields)})" if self.fields else ""
            return f"{self.status} {where}: {self.code}: {self.message}{named}" + (
                f"; {self.remedy}" if self.remedy else ""
            )
        what = f"{self.object} {self.record_id}".strip()
        words = [f"{self.status} {what} by {where}"]
        if self.status in {WOULD_CREATE, WOULD_UPDATE}:
            words += [f"{name} = {value!r}" for name, value in self.fields.items()]
        elif self.object == "Task" and "Subject" in self.fields:
            words.append(repr(self.fields["Subject"]))
        elif self.fields:
            words.append(", ".join(self.fields))
        if self.not_applied:
            words.append(
                f"NOT APPLIED: {', '.join(self.not_applied)}; look at field-level security, formulas and workflow rules"
            )
        if self.unread:
            words.append(f"not read back: {self.unread}")
        if self.differs:
            words.append("it would be sent differently now")
        return ": ".join([words[0], "; ".join(words[1:])]) if words[1:] else words[0]


@dataclass
class Report:
    """One firing. *already*: the run was finished before and nothing was done."""

    workflow: str
    version: int
    event: str
    subject: str
    run: str
    dry_run: bool = False
    already: bool = False
    refused_before: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str = ""
    calls: int = 0
    writes: int = 0
    refreshes: int = 0
    connection: str = ""

    @property
    def good(self) -> bool:
        """No item went wrong."""
        return not any(outcome.wrong for outcome in self.outcomes) and not self.stopped

    def lines(self) -> Iterator[str]:
        """For a person."""
        head = f"{self.workflow} version {self.version}: {self.event} {self.subject}"
        if self.already:
            left = f"; {self.refused_before} refused then, --retry tries them again" if self.refused_before else ""
            yield f"{head}: ran before and is finished; nothing was done{left}"
            return
        yield head + (" (dry run)" if self.dry_run else "")
        for outcome in self.outcomes:
            yield outcome.line()
        if self.stopped:
            yield f"stopped: {self.stopped}"
        counts: dict[str, int] = {}
        for outcome in self.outcomes:
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
        told = ", ".join(f"{n} {status}" for status, n in counts.items()) or "nothing to do"
        calls = f"{self.calls} call{'s' * (self.calls != 1)} to Salesforce"
        yield f"{told}; {calls}" + (f"; connection {self.connection}" if self.connection else "")

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {**asdict(self), "good": self.good}
