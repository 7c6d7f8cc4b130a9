"""The vendor's words for the faults that the wire plays: what each is at each of the vendor's APIs.

Rule 1: which API a call is made to, what a fault is there and where it means nothing are rows of `data/faults.toml`.
Rule 2: an answer has the shape of the API that was called (`shapes`).
Rule 3: where a fault means nothing it does not strike: the call is passed over. One that is scripted for such calls
alone is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fake_core.errors import MisuseError
from fake_core.fake import BODY_KEY
from fake_core.faults import Fault
from fake_salesforce import record_ids
from fake_salesforce.data_files import load
from fake_salesforce.org import Org
from fake_salesforce.routes import bulk1_wire, identity
from fake_salesforce.routes.http import Call
from fake_salesforce.state.long_requests import QUERY_SECONDS, TIMEOUT_SECONDS
from fake_salesforce.wire.meaning import meaning
from fake_salesforce.wire.shapes import Refusal, answered, api_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_SESSION_ID = re.compile(rb"<(?:[\w.-]+:)?sessionId\b[^<>]*>\s*([^<\s]+)")


class FaultAnswers:
    """Where faults strike, and the answers of those that end in one. *operation* names the operation of a call."""

    def __init__(self, org: Org, operation: Callable[[WSGIEnvironment], str]) -> None:
        self._org = org
        self._operation = operation

    def strikes(self, fault: Fault, environ: WSGIEnvironment) -> bool:
        """The fault means something to the call."""
        return not _why_never(fault, api_of(environ), verb=meaning(environ).verb, path=environ["PATH_INFO"])

    def refuse(self, fault: Fault) -> None:
        """Raise MisuseError for a fault that could strike none of the calls it is addressed to."""
        why = ""
        if fault.verb == "login":
            why = load("faults.toml")["api"]["login"]["never"].get(_effect(fault), "")
        elif fault.verb in load("faults.toml")["reading"]["verbs"]:
            why = load("faults.toml")["reading"].get(_effect(fault), "")
        if why:
            raise MisuseError(f"{fault.kind} strikes no call of verb {fault.verb!r}: {why}")

    def play(self, fault: Fault, environ: WSGIEnvironment) -> Refusal | None:
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
        if org.long_requests.full() and "too_many" in api_of(environ):
            return self._answer("too_many", environ)
        query = meaning(environ).verb == "query"
        longest = QUERY_SECONDS if query else TIMEOUT_SECONDS
        with org.long_requests.running():
            org.clock.sleep(min(fault.seconds, longest))
        if fault.seconds <= longest:
            return None
        return self._answer("query_too_long" if query else "too_long", environ)

    def answer(self, fault: Fault, environ: WSGIEnvironment) -> Refusal:
        """Status, headers and body. An expired session is really ended: the token stays dead."""
        if fault.kind == "session_expired":
            self._org.sessions.end(self._token(environ))
        return self._answer(fault.kind, environ)

    def _answer(self, effect: str, environ: WSGIEnvironment) -> Refusal:
        return answered(Call(self._org, environ), effect, self._operation(environ))

    def _token(self, environ: WSGIEnvironment) -> str:
        """The session that the call shows, as its API takes it."""
        shape = api_of(environ)["shape"]
        if shape == "soap":
            return session_in(environ)
        if shape == "async":
            return str(environ.get(bulk1_wire.SESSION_HEADER, "")).strip()
        if shape == "plain":
            return identity.shown_token(Call(self._org, environ)) or ""
        return str(environ.get("HTTP_AUTHORIZATION", "")).rpartition(" ")[2]


def _why_never(fault: Fault, api: Mapping[str, Any], *, verb: str, path: str) -> str:
    """Why the fault means nothing to a call, "" where it does."""
    table, effect = load("faults.toml"), _effect(fault)
    why: str = api.get("never", {}).get(effect, "")
    if not why and verb in table["reading"]["verbs"]:
        why = table["reading"].get(effect, "")
    if not why and not any(part in path for part in table["batches"]["paths"]):
        why = table["batches"].get(effect, "")
    return why


def _effect(fault: Fault) -> str:
    """The kind. A lock on what a write would lock is met where any lock is; one on a row that is named, at any time."""
    return "row_locked" if fault.kind == "lock_held" and not fault.row else fault.kind


def session_in(environ: WSGIEnvironment) -> str:
    """The session id of a SOAP envelope, "" without one."""
    found = _SESSION_ID.search(environ.get(BODY_KEY) or b"")
    return found[1].decode(errors="replace") if found is not None else ""
