"""The diagnostics page: in which category a failure stands, and who deals with it (M27).

Source: the profile's table, from Marketo's documentation, Salesforce diagnostics.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_sync.config import load_profile

_DATA = load_profile("marketo")["diagnostics"]
CATEGORIES: Mapping[str, str] = {code: name for name, codes in _DATA["categories"].items() for code in codes}


def category(code: str) -> str:
    """Where the page shows an error of Salesforce's."""
    return CATEGORIES.get(code, _DATA["unlisted"])


def retried(code: str) -> bool:
    """Is it tried again by itself? The others wait for a person."""
    return category(code) in _DATA["retried"]
