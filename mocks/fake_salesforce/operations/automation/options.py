"""What a request says about how its rows are to be saved.

Rule 1: the duplicate rule header is read from v52 on, as documented; before that it is no header at all.
Rule 2: an unreadable part of a header is as if it were not there (assumed).
Source: REST API Developer Guide v66, Assignment Rule Header and Duplicate Rule Header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DUPLICATE_HEADER_SINCE = 52


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """The save headers of one request.

    *assignment* is True (the active rule), False (none), or the id of a rule as the client wrote it. *fired* names the
    (rule, row) pairs that have already run in this request: each runs once. *resave* is the second save that a
    workflow field update causes: validation and duplicate rules are not run again.
    """

    assignment: bool | str = True
    allow_save: bool = False
    include_details: bool = False
    as_current_user: bool = False
    fired: frozenset[tuple[str, str]] = frozenset()
    resave: bool = False


DEFAULTS = SaveOptions()


def read_options(environ: Mapping[str, Any], number: int) -> SaveOptions:
    """The options of a request in API version *number*."""
    assign = environ.get("HTTP_SFORCE_AUTO_ASSIGN")
    duplicates = environ.get("HTTP_SFORCE_DUPLICATE_RULE_HEADER")
    if assign is None and duplicates is None:
        return DEFAULTS
    words = _pairs(duplicates) if duplicates and number >= DUPLICATE_HEADER_SINCE else {}
    return SaveOptions(
        assignment=_assignment(assign),
        allow_save=words.get("allowsave") == "true",
        include_details=words.get("includerecorddetails") == "true",
        as_current_user=words.get("runascurrentuser") == "true",
    )


def _assignment(text: str | None) -> bool | str:
    if text is None or not text.strip():
        return True
    word = text.strip().lower()
    return word == "true" if word in {"true", "false"} else text.strip()


def _pairs(text: str) -> dict[str, str]:
    """`a=b; c=d` as lower-case pairs."""
    found = (part.partition("=") for part in text.replace(",", ";").split(";"))
    return {key.strip().lower(): value.strip().lower() for key, equals, value in found if equals}
