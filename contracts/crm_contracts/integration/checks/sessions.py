"""Sessions end: what a caller does then.

Rule 1: a session id that was answered 401 is dead; to send it again is a call for nothing.
        Of several workers each may learn it by an answer of its own.
Rule 2: a session that worked and ends is to be renewed: a run that ends there leaves its work undone each time.
Source: REST API Developer Guide, Status Codes (401: the session ID or OAuth token has expired or is invalid); the
agents' rule A24 (one refresh, one replay).
"""

from __future__ import annotations

from collections import Counter

from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run


def expired_session(run: Run) -> Looked:
    looked = Looked()
    dead: dict[tuple[str, str], ParsedCall] = {}
    worked: set[tuple[str, str]] = set()
    told: set[tuple[str, str]] = set()
    again: Counter[tuple[str, str]] = Counter()
    for one in run.parsed:
        key = (one.vendor, one.token)
        if not one.token or one.logs_in:
            continue
        first = dead.get(key)
        if first is not None and one.call.at >= first.ended and key not in told and not one.ok:
            again[key] += 1
            if again[key] < run.workers(one.vendor):
                continue
            told.add(key)
            what = f"401 was answered, and request {one.number} shows the same session again"
            looked.seen.append(Seen(what=what, calls=[first, one], about=f"{one.vendor} again"))
        if one.status == 401 and first is None:
            looked.number += 1
            dead[key] = one
        elif one.ok:
            worked.add(key)
    for key, one in dead.items():
        if one.vendor != "salesforce" or key not in worked or key in told:
            continue
        if not any(other.logs_in and other.ok for other in run.after(one, vendor=one.vendor)):
            what = "a session that had worked expired, and nobody logged in again"
            why = "sessions end after some hours, or when somebody says so: a run must not end with them"
            remedy = "on 401 INVALID_SESSION_ID log in again once, and send the request once more"
            looked.seen.append(
                Seen(
                    what=what,
                    calls=[one],
                    about=f"{one.vendor} gave up",
                    level="warning",
                    why=why,
                    remedy=remedy,
                )
            )
    return looked
