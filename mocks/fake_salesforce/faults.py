"""The vendor's words for the faults that the wire plays.

Source: REST API Developer Guide, Status Codes and Error Responses; texts in `data/errors.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fake_core.faults import Fault
from fake_salesforce import jsontext
from fake_salesforce.errors import salesforce_error
from fake_salesforce.org import Org

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_ERROR_ID = "1234567890-12345 (-123456789)"
_KEYS = {
    "error_after": "UNKNOWN_EXCEPTION",
    "unavailable": "SERVER_UNAVAILABLE",
    "session_expired": "INVALID_SESSION_ID",
    "limit_reached": "REQUEST_LIMIT_EXCEEDED",
}


class FaultAnswers:
    """Answers for error_after, unavailable, session_expired and limit_reached."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body. An expired session is really ended: the token stays dead."""
        error = salesforce_error(_KEYS[fault.kind], error_id=_ERROR_ID)
        headers = [("Content-Type", "application/json;charset=UTF-8")]
        if fault.kind == "session_expired":
            headers.append(("WWW-Authenticate", "Token"))
            token = environ.get("HTTP_AUTHORIZATION", "").rpartition(" ")[2]
            self._org.sessions.end(token)
        elif fault.kind == "limit_reached":
            window = self._org.api_requests
            headers.append(("Sforce-Limit-Info", f"api-usage={window.limit}/{window.limit}"))
        return error.status, headers, jsontext.compact([error.as_item()]).encode()
