"""What a partner's own settings say about who takes part, beside the rules of a section.

Most partners say nothing. Marketo's user ticks a box, and since when it is ticked decides what is imported, sent and
deleted (rules M1, M14-M18, M24, M25); and it shows its users what failed, and waits for them (rule M27).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from crm_sync.model import Link, Record
from crm_sync.report import Report


class Memory(Protocol):
    """What a scope may ask of the sync's state. A pending item is a `state.Pending`."""

    def pending(self) -> Sequence[Any]:
        """Records to look at again."""

    def set_pending(self, item: Any) -> None:
        """Look at one again at another time."""

    def link_of(self, model: str, record_id: str, sf_object: str | None = None) -> Link | None:
        """The link of a partner's record."""

    def link_of_salesforce(self, sf_object: str, sf_id: str) -> Link | None:
        """The link of a Salesforce record."""


class Scope(Protocol):
    """Asked once for each run; answers the same all through it."""

    @property
    def off(self) -> str:
        """Why nothing moves in this run; "" when it does."""

    @property
    def since(self) -> datetime | None:
        """What changed in Salesforce before this moment is left out, if no link has it; None for nothing."""

    def leaves_out(self, record: Record, *, keyed: bool = False) -> str:
        """Why a record that no link has is not made on the other side; "" when it is. *keyed*: it names its pair."""

    @property
    def sees_all(self) -> bool:
        """Is a record that the partner does not show one that was deleted, and not just somebody else's?"""

    @property
    def passes_some(self) -> bool:
        """May `passes_over` say something?"""

    def passes_over(self, record: Record) -> str:
        """Why a linked Salesforce record is not looked at as it stands now; "" when it is."""

    def deletes(self, at: datetime) -> bool:
        """Does a deletion in Salesforce at that moment delete the partner's record? Else its pair is only forgotten."""

    def retries(self, reason: str) -> bool:
        """Is a record that was put aside for this tried again by itself? Else it waits until somebody did something."""

    def begun(self, state: Memory, now: datetime) -> None:
        """A run begins that will write."""

    def ended(self, state: Memory, report: Report) -> None:
        """It has ended."""


class Everybody:
    """No settings of its own."""

    off = ""
    since: datetime | None = None
    sees_all = True
    passes_some = False

    def leaves_out(self, record: Record, *, keyed: bool = False) -> str:  # noqa: ARG002 - the protocol's signature
        return ""

    def passes_over(self, record: Record) -> str:  # noqa: ARG002 - the protocol's signature
        return ""

    def deletes(self, at: datetime) -> bool:  # noqa: ARG002 - the protocol's signature
        return True

    def retries(self, reason: str) -> bool:  # noqa: ARG002 - the protocol's signature
        return True

    def begun(self, state: Memory, now: datetime) -> None:
        pass

    def ended(self, state: Memory, report: Report) -> None:
        pass
