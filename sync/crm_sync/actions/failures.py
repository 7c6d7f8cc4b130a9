"""Why one item of a run did not get through, and what its class asks for (rule A23).

Source: `error_classes.toml`.
"""

from __future__ import annotations

from crm_sync.actions.data import load
from crm_sync.errors import RecordRefused, SyncError

PERMANENT, TRANSIENT, STOP = "permanent", "transient", "stop"


class Failure(SyncError):
    """One item failed. *fields* are those the answer names; *in_doubt*: it may have been done nevertheless."""

    def __init__(self, code: str, message: str, *, fields: tuple[str, ...] = (), in_doubt: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = fields
        self.in_doubt = in_doubt

    @property
    def kind(self) -> str:
        """auth, permanent, transient or stop."""
        return class_of(self.code)

    @property
    def remedy(self) -> str:
        row = load("error_classes.toml").get(self.code, {})
        return str(row.get("remedy", ""))


def class_of(code: str) -> str:
    """The class of a code; permanent for one that is not in the table."""
    return str(load("error_classes.toml").get(code, {}).get("class", PERMANENT))


def of_refusal(error: RecordRefused) -> Failure:
    """What Salesforce refused, in our words: its code, its message, the fields it names."""
    text = str(error)
    message = text.removeprefix(f"{error.code}: ") if error.code else text
    return Failure(error.code or "REFUSED", message, fields=error.fields)
