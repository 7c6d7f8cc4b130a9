"""What the engine asks of a partner, whoever it is: Planhat, Totango or Marketo Sales Insight Actions.

Rule 1: a side reads, writes, and says what became of each record; it decides nothing.
Rule 2: every write says the same twice (addressed by id, or keyed by the Salesforce id), so it may be repeated. A bulk
answer is never matched by order (F61).
Rule 3: None from `get` and `update` is positive evidence: the partner says that the record is not there. Whatever else
goes wrong is an error (F25, F26).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from crm_sync.errors import RecordRefused
from crm_sync.model import Record
from crm_sync.transport import Transport


@dataclass(frozen=True)
class Upserted:
    """What a bulk answer tells, by Salesforce id: *done* is certainly stored, *refused* certainly not.

    What is in neither is known only by reading it back.
    """

    done: frozenset[str] = frozenset()
    refused: Mapping[str, RecordRefused] = field(default_factory=dict)

    def __or__(self, other: Upserted) -> Upserted:
        return Upserted(self.done | other.done, {**self.refused, **other.refused})


@dataclass(frozen=True)
class Gone:
    """A record that the partner says was deleted, when, and the Salesforce id it carried ("" for none)."""

    record_id: str
    at: datetime
    sf_id: str = ""


@dataclass(frozen=True)
class Parent:
    """What activities hang on: a company, an account. *sf_id* is the Salesforce id it carries, as it stands there."""

    id: str
    sf_id: str = ""


@dataclass(frozen=True)
class Person:
    """A user of the partner."""

    id: str
    email: str = ""


class Partner(Protocol):
    """One tenant of a partner. *name* is the service's name in reports, *transport* counts calls and writes."""

    @property
    def name(self) -> str: ...
    @property
    def transport(self) -> Transport: ...

    def keyable(self, model: str) -> str:
        """Name of the field in `Record.values` that holds the Salesforce id; "" when the model has none."""

    def parts(self, model: str) -> Sequence[str]:
        """The lists a model is read by, each with a cursor of its own; ("",) when there is one."""

    def changed_since(self, model: str, since: datetime | None, *, part: str = "") -> Iterator[Record]:
        """Live records changed at *since* or later, newest first; all of them when it is None."""

    def deleted_since(self, model: str, since: datetime | None) -> Sequence[Gone]:
        """Deletions the partner tells of; empty when its API tells of none."""

    def get(self, model: str, record_id: str) -> Record | None:
        """One record by its id."""

    def by_salesforce_id(self, model: str, sf_id: str) -> Record | None:
        """The record that carries this Salesforce id (18 characters)."""

    def upsert(self, model: str, items: Sequence[Mapping[str, Any]]) -> Upserted:
        """Create or adopt records; each item carries its Salesforce id under `keyable(model)`."""

    def update(self, model: str, record_id: str, fields: Mapping[str, Any]) -> Record | None:
        """Merge *fields* into one record. Raises RecordRefused."""

    def update_many(self, model: str, changes: Mapping[str, Mapping[str, Any]]) -> Collection[str]:
        """Merge fields into many records by id; the ids of those that certainly took it. What became of the rest nobody
        knows: `update` says it, and may say the same again. Empty where the partner cannot take many.
        """

    def delete(self, model: str, record_id: str) -> bool:
        """Delete one record; False when it was gone already. Raises RecordRefused."""

    def parents(self) -> Sequence[Parent]:
        """Every company or account."""

    def users(self) -> Sequence[Person]:
        """Every user."""
