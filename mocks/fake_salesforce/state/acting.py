"""Who makes the changes of the request that this thread answers, and through which API: for what is told of a change.

Rule 1: a call is set when its session is found, and stays until the thread's next one; work that is nobody's (seeding)
clears it. Nothing but `changes` reads it: operations get their caller handed in.
Source: Change Data Capture Developer Guide, ChangeEventHeader (changeOrigin).
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Acting(Protocol):
    """A request with a session."""

    environ: WSGIEnvironment
    session_user: str


NOW: Final[ContextVar[Acting | None]] = ContextVar("acting", default=None)
_VERSION: Final = re.compile(r"/v?(\d\d\.0)(?:/|$)")
_CLIENT: Final = re.compile(r"\bclient\s*=\s*([^,;\s]+)", re.IGNORECASE)


def user_id() -> str:
    """The user who acts, "" for nobody."""
    call = NOW.get()
    return "" if call is None else call.session_user


def origin() -> str:
    """`com/salesforce/api/rest/60.0;client=x`, "" for nobody; the client is that of Sforce-Call-Options."""
    call = NOW.get()
    if call is None:
        return ""
    path: str = call.environ["PATH_INFO"]
    api = "soap" if path.startswith("/services/Soap/") else "bulkapi" if _is_bulk(path) else "rest"
    version = _VERSION.search(path)
    client = _CLIENT.search(call.environ.get("HTTP_SFORCE_CALL_OPTIONS", ""))
    named = f";client={client[1]}" if client is not None else ""
    return f"com/salesforce/api/{api}/{version[1] if version else ''}{named}"


def _is_bulk(path: str) -> bool:
    return path.startswith("/services/async/") or "/jobs/" in path
