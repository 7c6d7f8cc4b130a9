"""What a vendor's limits ask of a caller: to wait as long as told, or to stop.

Rule 1: how long is what `Retry-After` or `RateLimit-Reset` says, else `wait_seconds_min` of checks.toml (assumed).
Rule 2: calls that were on their way already when the answer came are no retries; of several workers each learns it by
        an answer of its own, and waits with its own request.
Rule 3: the daily limit of an org is a rolling day's: who goes on calling takes the calls of everybody else.
Source: REST API Developer Guide, REQUEST_LIMIT_EXCEEDED (403); Totango, API Rate Limits (429 and its headers); Planhat,
limits (429); RFC 9110, Retry-After.
Rule 4: who is not told how long, and asks again at once, once, does what common clients do (urllib3's first retry): a
        warning. To do so after a second refusal is an error.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crm_contracts.findings import Level
from crm_contracts.integration.checks.retries import is_same
from crm_contracts.integration.outcome import Looked, Seen
from crm_contracts.integration.parsed import ParsedCall, Run
from crm_contracts.integration.table import facts
from crm_contracts.traffic import Call

_WAIT = frozenset({429, 503})
TOLD_SECONDS_MAX = 300.0  # who is told more is not waited for
_GRACE_SECONDS = 0.05  # between two clocks' ticks


def no_back_off(run: Run) -> Looked:
    looked = Looked()
    for one in run.parsed:
        if one.status not in _WAIT:
            continue
        looked.number += 1
        wait, told = told_wait(one)
        alone = run.workers(one.vendor) == 1
        later = next(
            (
                other
                for other in run.after(one, vendor=one.vendor)
                if other.call.at >= one.ended and (alone or is_same(other, one))
            ),
            None,
        )
        if later is None:
            continue
        passed = (later.call.at - one.ended).total_seconds()
        if passed + _GRACE_SECONDS < wait:
            asked = f"it asked for {wait:g} s" if told else f"it did not say how long; {wait:g} s is the least"
            what = f"{one.status} was answered, and the next request came {passed:.2f} s later ({asked})"
            again = any(sooner.status in _WAIT and is_same(sooner, one) for sooner in run.before(one))
            level: Level | None = None if told or again else "warning"
            looked.seen.append(Seen(what=what, calls=[one, later], about=str(one.status), level=level))
    return looked


def limit_ignored(run: Run) -> Looked:
    looked = Looked()
    for one in run.of("salesforce"):
        if "REQUEST_LIMIT_EXCEEDED" not in one.codes or "Concurrent" in one.errors[0][1]:
            continue
        looked.number += 1
        later = [
            other
            for other in run.after(one, vendor="salesforce")
            if other.call.at >= one.ended and other.operation not in {"limits", "revoke"} and not other.logs_in
        ]
        if len(later) >= run.workers("salesforce"):
            what = f"the org's daily limit was used up, and {len(later)} more requests were sent"
            looked.seen.append(Seen(what=what, calls=[one, later[0]], about="daily"))
            break
    return looked


def was_waiting(run: Run, seconds: float) -> bool:
    """Whether the program, killed *seconds* after it began, still waited as its last answer had asked it to."""
    last = run.parsed[-1] if run.parsed else None
    if last is None or last.status not in _WAIT:
        return False
    wait, told = told_wait(last)
    left = seconds - (last.ended - run.parsed[0].call.at).total_seconds()
    return told and left <= wait


def told_seconds(calls: Iterable[Call]) -> float:
    """How long the answers of *calls* let a client wait, TOLD_SECONDS_MAX at most: it may heed either header, while
    `told_wait` is the least that it has to. The fakes tell both in seconds, never by a date.
    """
    found = 0.0
    for call in calls:
        if call.status in _WAIT:
            values = [call.answered(name) or "" for name in ("retry-after", "ratelimit-reset")]
            found += max((float(value) for value in values if value.isdigit()), default=0.0)
    return min(found, TOLD_SECONDS_MAX)


def told_wait(one: ParsedCall) -> tuple[float, bool]:
    """How many seconds an answer asks to wait, and whether it says so itself."""
    value = one.call.answered("retry-after") or (one.call.answered("ratelimit-reset") if one.status == 429 else None)
    if value is None:
        return float(facts(one.vendor).get("wait_seconds_min", 0.5)), False
    try:
        return float(value), True
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return 0.0, True
    return _seconds(until, one.ended), True


def _seconds(until: datetime, now: datetime) -> float:
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(timedelta(0), aware - (now if now.tzinfo else now.replace(tzinfo=UTC))).total_seconds()
