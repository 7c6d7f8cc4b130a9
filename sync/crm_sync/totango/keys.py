"""The External Id that a Salesforce value becomes.

Rule T4: an external id is kept in lower case: A to Z only, so that no locale has a say; a blank one is none.
Rule T7: an `Id` or a reference is made 18 characters long before it is folded, for of 15 lowered characters the case is
lost (the engine then says that it is, and guesses nothing); an ordinary text is left alone, for any 15 characters
could be a customer's own key.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce; what it leaves open is assumed, as said here.
"""

from __future__ import annotations

import string

from crm_sync.record_ids import AmbiguousId, NotAnId, canonical

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold(text: str | None) -> str | None:
    """*text* as Totango keeps it; None for a blank one."""
    return text.translate(_ASCII_LOWER) if text is not None and text.strip() else None


def external_id(value: str | None, *, names_a_record: bool) -> str | None:
    """The external id that a Salesforce value becomes; *names_a_record*: it comes from `Id` or a reference field."""
    if value is None or not value.strip():
        return None
    if names_a_record:
        try:
            value = canonical(value)
        except (NotAnId, AmbiguousId):
            return fold(value)
    return fold(value)
