"""The diagnostics page: in which category a failure stands, and who deals with it (M27).

Source: the profile's table, from Marketo's documentation, Salesforce diagnostics.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm_sync.config import load_profile

_DATA = load_profile("marketo")["diagnostics"]
NOT_SYNCED: str = _DATA["own_code"]
_CODE = re.compile(r"([A-Z][A-Z0-9_]+): ")
CATEGORIES: Mapping[str, str] = {code: name for name, codes in _DATA["categories"].items() for code in codes}


def category(code: str) -> str:
    """Where the page shows an error of Salesforce's."""
    return CATEGORIES.get(code, _DATA["unlisted"])


def retried(code: str) -> bool:
    """Is it tried again by itself? The others wait for a person."""
    return category(code) in _DATA["retried"]


def code_of(reason: str) -> str:
    """The code that a service's refusal begins with; "" for a reason of the sync's own."""
    found = _CODE.match(reason)
    return found[1] if found else ""


def code_of_stop(text: str) -> str:
    """The code for a run that ended early because of Salesforce; "" when it did not, or because of something else."""
    stops: Mapping[str, str] = _DATA["stops"]
    return next((code for words, code in stops.items() if words in text), "")
