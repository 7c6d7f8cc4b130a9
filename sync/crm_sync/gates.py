"""What a partner's own settings let through, beside the policies of a section.

Most partners have none. In Marketo Sales Insight Actions each user ticks a box, and since when it is ticked decides
what takes part (M1, M14-M18, M24, M25). A `Gate` is asked once for a run and once for a record; it writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from crm_sync.model import Record


class Gate(Protocol):
    """Every method that returns a text says why not; "" lets it through."""

    @property
    def closed(self) -> str:
        """Why nothing moves at all."""
        ...

    @property
    def since(self) -> datetime | None:
        """Where the very first scan of Salesforce begins; None for the beginning of time."""
        ...

    def refuses_push(self, record: Record) -> str:
        """Why a partner's record that is linked with nothing is not sent."""
        ...

    def refuses_import(self, record: Record) -> str:
        """Why a Salesforce record that is linked with nothing is not received."""
        ...

    def applies_deletion(self, record: Record) -> bool:
        """Is a Salesforce record's deletion carried over? If not, the pair is given up, and the other record stays."""
        ...

    def on_create_partner(self, record: Record) -> Mapping[str, Any]:
        """Fields of a partner's record made from a Salesforce one that no mapping tells."""
        ...


class OpenGate:
    """Everything may pass."""

    closed = ""
    since: datetime | None = None

    def refuses_push(self, record: Record) -> str:  # noqa: ARG002 - the same for each
        return ""

    def refuses_import(self, record: Record) -> str:  # noqa: ARG002
        return ""

    def applies_deletion(self, record: Record) -> bool:  # noqa: ARG002
        return True

    def on_create_partner(self, record: Record) -> Mapping[str, Any]:  # noqa: ARG002
        return {}
