"""The vendor's words for the faults that the wire plays.

Source: REST API Developer Guide, Status Codes and Error Responses; texts in `data/errors.toml`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from fake_core.errors import MisuseError
from fake_core.fake import BODY_KEY
from fake_core.faults import Fault
from fake_salesforce import record_ids
from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.org import Org
from fake_salesforce.routes import bulk1_wire, soap
from fake_salesforce.state.long_requests import QUERY_SECONDS, TIMEOUT_SECONDS
from fake_salesforce.wire import jsontext
from fake_salesforce.wire.meaning import meaning

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]
_SESSION_ID = re.compile(rb"<(?:[\w.-]+:)?sessionId\b[^<>]*>\s*([^<\s]+)")
_ERROR_ID = "1234567890-12345 (-123456789)"
_KEYS = {
    "error_after": "UNKNOWN_EXCEPTION",
    "unavailable": "SERVER_UNAVAILABLE",
    "session_expired": "INVALID_SESSION_ID",
    "limit_reached": "REQUEST_LIMIT_EXCEEDED",
}
_ASYNC_KEYS = {"session_expired": "InvalidSessionId", "limit_reached": "ExceededQuota.requests"}


class FaultAnswers:
    """Answers for error_after, unavailable, session_expired and limit_reached; delays and held locks."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def play(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, Headers, bytes] | None:
        """Wait out a delay as a long request, or lock a row; the answer when that is where the call ends.

        Raises MisuseError for a lock on something that is no id.
        """
        org = self._org
        if fault.kind == "lock_held":
            if fault.row:
                record_id = record_ids.canonical(fault.row)
                if record_id is None:
                    raise MisuseError(f"a lock_held fault's row {fault.row!r} is no id: give 15 or 18 characters")
                org.row_locks.hold([record_id], org.clock.now() + timedelta(seconds=fault.seconds))
            return None
        if org.long_requests.full():
            return _ended(environ, salesforce_error("REQUEST_LIMIT_EXCEEDED.concurrent"))
        query = meaning(environ).verb == "query"
        longest = QUERY_SECONDS if query else TIMEOUT_SECONDS
        with org.long_requests.running():
            org.clock.sleep(min(fault.seconds, longest))
        if fault.seconds <= longest:
            return None
        return _ended(environ, salesforce_error("QUERY_TIMEOUT" if query else "REQUEST_RUNNING_TOO_LONG"))

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body. An expired session is really ended: the token stays dead."""
        if environ["PATH_INFO"].startswith("/services/async/"):
            return self._async_answer(fault, environ)
        if environ["PATH_INFO"].startswith(("/services/Soap/u", "/services/Soap/c")):
            return self._soap_answer(fault, environ)
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

    def _soap_answer(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, Headers, bytes]:
        """The same as a SOAP fault."""
        error = salesforce_error(_KEYS[fault.kind], error_id=_ERROR_ID)
        if fault.kind == "session_expired":
            self._org.sessions.end(session_in(environ))
        return soap.fault_answer(environ["PATH_INFO"], error)

    def _async_answer(self, fault: Fault, environ: WSGIEnvironment) -> tuple[int, Headers, bytes]:
        """The same in the words of Bulk API 1.0."""
        error = salesforce_error(_ASYNC_KEYS.get(fault.kind) or _KEYS[fault.kind], error_id=_ERROR_ID)
        if fault.kind == "session_expired":
            self._org.sessions.end(environ.get(bulk1_wire.SESSION_HEADER, ""))
        return error.status, *bulk1_wire.fault_answer(environ, error)


def session_in(environ: WSGIEnvironment) -> str:
    """The session id of a SOAP envelope, "" without one."""
    found = _SESSION_ID.search(environ.get(BODY_KEY) or b"")
    return found[1].decode(errors="replace") if found is not None else ""


def _ended(environ: WSGIEnvironment, error: SalesforceError) -> tuple[int, Headers, bytes]:
    """The answer that ends a call before the vendor's application sees it, in the form of the API that was called."""
    path = environ["PATH_INFO"]
    if path.startswith("/services/async/"):
        return error.status, *bulk1_wire.fault_answer(environ, error)
    if path.startswith(("/services/Soap/u", "/services/Soap/c")):
        return soap.fault_answer(path, error)
    headers = [("Content-Type", "application/json;charset=UTF-8")]
    return error.status, headers, jsontext.compact([error.as_item()]).encode()
