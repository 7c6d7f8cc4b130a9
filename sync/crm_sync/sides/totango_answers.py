"""What Totango's answers mean: to repeat or not, gone or not, refused and why.

Rule 1: shapes of refusals are hardly documented, so an object with a type and a message, one with a message alone, and
plain text are read.
Source: API rate limit page (429); Totango's Zendesk app (`error.type`, `error.message`); the rest is assumed.
"""

from __future__ import annotations

from typing import Any

import requests

from crm_sync.errors import RecordRefused
from crm_sync.transport import Verdict

STAND_IN_HEADER = "X-Understudy-Stand-In"


def judge(response: requests.Response) -> Verdict:
    """429 and 503 are refused for the moment; another 5xx may have been done."""
    if response.status_code in {429, 503}:
        return Verdict.NOT_NOW
    return Verdict.UNCLEAR if response.status_code >= 500 else Verdict.DONE


def no_record(response: requests.Response) -> bool:
    """The hub says that no record has the key (whether it is the hub that speaks was looked at before)."""
    return response.status_code == 404


def refused_token(response: requests.Response) -> bool:
    """The app-token is not taken; the status that says so was not seen."""
    return response.status_code >= 400 and _told(response)[0] == "authentication_failed"


def refusal(response: requests.Response) -> RecordRefused:
    """The error that Totango answered."""
    kind, message = _told(response)
    code = kind or f"HTTP {response.status_code}"
    text = f"HTTP {response.status_code}: {' '.join(message.split())[:200]}"
    return RecordRefused(text, code=code, transient=response.status_code >= 500)


def _told(response: requests.Response) -> tuple[str, str]:
    """Type ("" when there is none) and message."""
    try:
        body: Any = response.json()
    except ValueError:
        return "", response.text
    if not isinstance(body, dict):
        return "", str(body)
    error = body.get("error")
    if isinstance(error, dict):
        return str(error.get("type") or ""), str(error.get("message") or "")
    return "", str(body.get("message") or body.get("errors") or body.get("_error") or body)
