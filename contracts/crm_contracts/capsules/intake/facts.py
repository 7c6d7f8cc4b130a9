"""What one exchange shows, in words that all vendors share: rows that were there, writes, who is a customer.

Rule: these say what stands in the recording and nothing more; what follows from it is `infer`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "CREATE", "DELETE", "UNDELETE", "UPDATE", "Company", "Fact", "Listed", "Reading", "Seen", "Wrote", "keyed", "stamp",
]  # fmt: skip

CREATE, UPDATE, DELETE, UNDELETE = "create", "update", "delete", "undelete"
Kind = tuple[str, str]  # vendor, model: ("salesforce", "Task"), ("planhat", "conversation")


@dataclass(frozen=True, slots=True)
class Seen:
    """A record was shown. *row*: its fields as the vendor names them, as many as were asked for. *gone*: as deleted."""

    kind: Kind
    id: str
    row: Mapping[str, Any]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Wrote:
    """A record was to be written. *id* "" where the answer does not tell. *done* None: no answer tells whether it was.

    *code* is the vendor's word for its refusal; *item*, from 0, its place in a batch (-1: no batch). *key*: found by
    this value of an external id.
    """

    kind: Kind
    verb: str
    id: str
    fields: Mapping[str, Any]
    done: bool | None
    code: str = ""
    item: int = -1
    key: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """All records of a kind that there are were listed; *part* where a kind has to be asked for in parts."""

    kind: Kind
    ids: frozenset[str]
    part: str = ""
    parts: Sequence[str] = ("",)


@dataclass(frozen=True, slots=True)
class Company:
    """An account was shown. *account* is its Salesforce id where it is the partner's."""

    vendor: str
    id: str
    name: str
    account: str = ""


Fact = Seen | Wrote | Listed | Company


@dataclass
class Reading:
    """What one exchange shows. *verb* and *object* address it as a fault does. *left*: why it says nothing.

    *code*: the vendor's word for a refusal of the whole. *companies*: it lists all the partner's customers.
    *owners*: Salesforce users (15 characters) whose records are synced.
    """

    verb: str
    object: str
    facts: list[Fact] = field(default_factory=list)
    left: str = ""
    code: str = ""
    companies: bool = False
    owners: frozenset[str] = frozenset()

    def writes(self) -> Iterator[Wrote]:
        return (one for one in self.facts if isinstance(one, Wrote))


def keyed(kind: Kind, record_id: str) -> tuple[str, str, str]:
    """A record's name in a book: Salesforce's 15 and 18 characters are one."""
    return (*kind, record_id[:15] if kind[0] == "salesforce" else record_id)


def stamp(value: Any) -> datetime | None:
    """A vendor's stamp as a moment: ISO 8601 with or without colon in the zone, or milliseconds since 1970."""
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        if not isinstance(value, str) or len(value) < 19:
            return None
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
