"""Ids and stamps, as they stand in texts: what differs between two runs that mean the same.

Rule 1: eighteen characters are a Salesforce id when the last three are the checksum of the others; fifteen are one when
they are the beginning of one that is known.
Rule 2: in a URL an id may stand behind an escaped quote (`%27001…`), whose digits are none of its own.
Rule 3: an ObjectId is twenty-four hex digits, a UUID thirty-two in its five groups.
Source: IDs in the REST API Developer Guide; MongoDB's ObjectId (Planhat's `_id`); RFC 9562.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_contracts.integration.checks.forms import is_whole

__all__ = ["ID", "STAMP", "id_kind", "ids_in", "is_stamp"]

ID = re.compile(
    r"(?:(?<=%[0-9A-Fa-f]{2})|(?<![0-9A-Za-z]))(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[0-9a-f]{24}|[0-9A-Za-z]{18}|[0-9A-Za-z]{15})(?![0-9A-Za-z])"
)
STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?")
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_ZERO = re.compile(r"0+[A-Z]{0,3}")  # the empty id, and Planhat's built-in roles


def id_kind(text: str) -> str:
    """`salesforce`, `objectid` or `uuid`; "" for what is no whole id."""
    if len(text) == 18 and text.isalnum():
        return "salesforce" if text.isascii() and is_whole(text) and not _ZERO.fullmatch(text) else ""
    if len(text) == 24:
        return "objectid" if _OBJECT_ID.fullmatch(text) and not _ZERO.fullmatch(text) else ""
    return "uuid" if len(text) == 36 and ID.fullmatch(text) else ""


def ids_in(text: str) -> Iterator[str]:
    """The whole ids in *text*, in their order."""
    return (found for found in ID.findall(text) if id_kind(found))


def is_stamp(text: str) -> bool:
    """Whether *text* is a moment, to the second at least."""
    return STAMP.fullmatch(text) is not None
