"""Situations the sync can be in, as classes. What a vendor answered is never an AssertionError.

`SyncError` is the root: its text is one line that says what, where and what to do, and the command
line prints exactly that. The other classes tell the engine how to go on.
"""

from __future__ import annotations


class SyncError(Exception):
    """Something a person has to know. The text is one line: what, where, what to do."""


class ConfigError(SyncError):
    """The configuration is not usable; the text holds the path of the key."""


class RunStopped(SyncError):
    """The run cannot go on. What was done is durable; the next run continues."""


class DailyLimitReached(RunStopped):
    """Salesforce refuses further calls today. No request is sent after this."""


class ServiceUnavailable(RunStopped):
    """A service did not answer after every retry."""


class AccessRefused(RunStopped):
    """Credentials or permissions do not suffice; retrying cannot help."""


class RecordRefused(SyncError):
    """A service refused one record (or one write). Others go on.

    *code* is the vendor's code or "", *transient* tells whether the same write may succeed later,
    *ids* are record ids and *fields* the fields the answer named.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        transient: bool = False,
        ids: tuple[str, ...] = (),
        fields: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.transient = transient
        self.ids = ids
        self.fields = fields


class UnknownOutcome(SyncError):
    """The request went out and no usable answer came back: it may have been done or not."""
