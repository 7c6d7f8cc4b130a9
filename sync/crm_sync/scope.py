"""What a partner's own settings say about who takes part, beside the rules of a section.

Most partners say nothing. Marketo's user ticks a box, and since when it is ticked decides what is imported, sent and
deleted (rules M1, M14-M18, M24, M25).
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from crm_sync.model import Record


class Scope(Protocol):
    """Asked once for each run; answers the same all through it."""

    @property
    def off(self) -> str:
        """Why nothing moves in this run; "" when it does."""

    def leaves_out(self, record: Record, *, keyed: bool = False) -> str:
        """Why a record that no link has is not made on the other side; "" when it is. *keyed*: it names its pair."""

    def deletes(self, at: datetime) -> bool:
        """Does a deletion in Salesforce at that moment delete the partner's record? Else its pair is only forgotten."""


class Everybody:
    """No settings of its own."""

    off = ""

    def leaves_out(self, record: Record, *, keyed: bool = False) -> str:  # noqa: ARG002 - the protocol's signature
        return ""

    def deletes(self, at: datetime) -> bool:  # noqa: ARG002 - the protocol's signature
        return True
