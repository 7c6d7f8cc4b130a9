"""How a Totango record is named by a Salesforce record, and the way back.

Rule T4: an external id is kept in lower case: A to Z only, so that no locale has a say; a blank one is none.
Rule T5: what is looked for is folded first. Rule T6: Totango's own id is a key, too; the external id is tried first,
and a key that names two records is `ambiguous_key`.
Rule T7: a lowered 18-character id is restored from its last three characters; of a lowered 15-character id the case is
lost, so only the link can name the record (`lossy_key`). An `Id` or a reference is made 18 characters long before it is
folded; an ordinary text is left alone, for any 15 characters could be a customer's own key.
Rule T8: an Account Id is compared as it is written.
Source: Totango help, Synchronize tasks and touchpoints with Salesforce; what it leaves open is assumed, as said here.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection

from crm_sync.errors import RecordRefused
from crm_sync.record_ids import AmbiguousId, NotAnId, canonical

AMBIGUOUS_KEY = "ambiguous_key"
LOSSY_KEY = "lossy_key"
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_FIFTEEN = re.compile(r"[0-9a-z]{15}")


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


def restore(stored: str, *, prefix: str, linked: str | None) -> str | None:
    """The Salesforce id behind a stored external id; None when the text is a key of the customer's own.

    *prefix* is the key prefix of the object ("00T"), *linked* the id that the link keeps, if there is one.

    Raises:
        RecordRefused: `lossy_key`: the id is there, and nobody can tell its case.
    """
    try:
        return canonical(stored, prefix=prefix)
    except AmbiguousId:
        pass
    except NotAnId:
        return None
    if _FIFTEEN.fullmatch(stored) and linked is not None and linked[:15].lower() == stored:
        return linked
    raise RecordRefused(
        f"{LOSSY_KEY}: the external id {stored} is a 15-character id without its case, and no link knows the record; "
        "feed 18-character ids (CASESAFEID) instead",
        code=LOSSY_KEY,
    )


def named_by(key: str, *, by_external_id: Collection[str], by_id: Collection[str]) -> str | None:
    """Which record *key* names: the ids found under it as external id, and as Totango's own id.

    Raises:
        RecordRefused: `ambiguous_key`: it names more than one.
    """
    found = {*by_external_id, *by_id}
    if len(found) > 1:
        raise RecordRefused(
            f"{AMBIGUOUS_KEY}: {key} is the external id of one record and the id of another; change one of them",
            code=AMBIGUOUS_KEY,
            ids=tuple(sorted(found)),
        )
    return next(iter(found), None)
