"""Things that happened, in words: what users did, what the sync asked for, what went wrong on the way.

An event stands in a column: "salesforce", "partner", or "both" where it is no one system's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crm_contracts.world.monitors import Exchange
from crm_contracts.world.ops import Op

TEXT_MAX = 90
FIELDS_MAX = 6
_RECORDS = {"salesforce": "Task", "task": "Task", "conversation": "Conversation"}
_IN_SALESFORCE = {
    "undelete": "takes the Salesforce record of {act} out of the recycle bin",
    "clone": "copies the Task of {act}, as {new}",
    "move": "relates the Task of {act} to {to}",
    "merge": "merges the account {loser} into {into}",
}
_UNTOLD = frozenset({"sync", "settle", "fault", "heal"})
_VERBS = {
    "create": "creates",
    "update": "updates",
    "upsert": "upserts",
    "delete": "deletes",
    "bulk": "sends a batch of",
}
_FAULTS = {
    "lost_request": "the connection breaks before the request arrives",
    "lost_response": "carried out, but the answer is lost on the way",
    "error_after": "carried out, but answered with an internal error",
    "unavailable": "answered: unavailable; nothing is done",
    "delay": "answered late",
    "session_expired": "answered: the session is over; nothing is done",
    "limit_reached": "answered: the limit of calls is reached; nothing is done",
    "row_locked": "answered: the row is locked; nothing is done",
    "lock_held": "the row is locked by somebody else",
    "item_refused": "one record of the batch is refused",
    "truncated": "carried out, but the answer breaks off half-way",
    "late_success": "the connection breaks, and it is carried out later",
    "duplicate": "arrives twice and is carried out twice",
    "slow_visibility": "answered with rows as they were some time ago",
}


@dataclass(frozen=True)
class Event:
    """One line of a timeline. *who* is "user", "sync" or "world"; *times* tells how often it happened in a row.

    *text* is put together from *deed* (what is done, and to which record), *values* (what is written) and *mishap*
    (what went wrong with it). *kind* is "deed" of a user, "happening", "run" of the sync, "request" or "end".
    """

    at: datetime
    column: str
    who: str
    text: str
    times: int = 1
    wrong: bool = False  # something goes wrong here, on purpose
    kind: str = ""
    deed: str = ""
    values: str = ""
    mishap: str = ""
    record: str = ""  # what kind of record it writes: "Task"
    about: tuple[str, ...] = ()  # handles of the activities it concerns
    ids: tuple[str, ...] = ()  # of the records that the request made
    fault: str = ""  # one of fake_core's kinds
    status: int = 0  # of the answer


def told_op(op: Op, *, at: datetime) -> list[Event]:
    """What *op* is in words; nothing for what tells itself (a run) or is not to be seen (a fault that waits)."""
    if op.kind in _UNTOLD:
        return []
    given = asdict(op)
    side, act = given.get("side", ""), given.get("act", "")
    column = {"": "both", "salesforce": "salesforce"}.get(side, "partner")
    record = given.get("section", "").replace("_", " ") or _RECORDS.get(side, "record")
    told = {
        "create": f"creates a {record} ({act}) at {given.get('at')}",
        "edit": f"edits the {record} of {act}",
        "complete": f"marks the {record} of {act} as done",
        "ignore": f"marks the Task of {act} Ignored",
        "reopen": f"opens the {record} of {act} again",
        "delete": f"deletes the {record} of {act}",
    }
    about = tuple(str(given[name]) for name in ("act", "new") if given.get(name))
    if op.kind in _IN_SALESFORCE:
        column, told = "salesforce", {op.kind: _IN_SALESFORCE[op.kind].format(**given)}
    if op.kind in told:
        deed, values = told[op.kind], said(given.get("fields", {}))
        if given.get("link"):
            values += f", linked by {given['link']} characters of the Salesforce id"
        text = f"{deed}: {values}" if op.kind in ("create", "edit") else deed
        column = "partner" if op.kind == "ignore" else column
        return [Event(at, column, "user", text, kind="deed", deed=deed, values=values, record=record, about=about)]
    column, deed, values = _happening(op.kind, given)
    text = f"{deed}: {values}" if values else deed
    return [Event(at, column, "world", text, kind="happening", deed=deed, values=values, about=about)]


def _happening(kind: str, given: Mapping[str, Any]) -> tuple[str, str, str]:
    """Column, deed and values of what is no user's work on a record."""
    match kind:
        case "tick":
            duration = _duration(given["seconds"])
            return "both", f"{duration} {'passes' if duration.startswith('1 ') else 'pass'}", ""
        case "introduce":
            return "partner", f"the customer {given['customer']} becomes known", ""
        case "configure":
            return "both", "somebody saves the settings", said(given["settings"])
        case "staff_disable":
            return "partner", 'staff of Planhat switches "Notes to inherit Task sourceId" off', ""
        case "forget":
            return "both", "the memory of the sync is lost", ""
        case "rights":
            seen = "nothing but its own records" if given["blind"] else "everything"
            return "salesforce", f"from now on the sync's user sees {seen}", ""
        case "skew":
            off, vendor = given["seconds"], str(given["vendor"]).title()
            ahead = f"is {_duration(abs(off))} {'ahead' if off > 0 else 'behind'}" if off else "is right again"
            return "salesforce" if given["vendor"] == "salesforce" else "partner", f"the clock of {vendor} {ahead}", ""
    return "both", kind.replace("_", " "), said({name: value for name, value in given.items() if name != "side"})


def told_request(one: Exchange, handle: str, *, unread: bool) -> Event:
    """A request of the sync in words. *unread*: it was killed before it could read the answer."""
    column = "salesforce" if one["vendor"] == "salesforce" else "partner"
    of = f" of {handle}" if handle else ""
    name, verb = one["object"] or "record", _verb(one)
    article = ("an" if name[0] in "AEIOU" else "a") if verb == "create" else "the"
    values = ""
    if verb in _VERBS and one["method"] != "GET":
        records = _batch(one)
        alone = verb == "bulk" and records is not None and len(records) == 1
        what = f"one {name}" if alone else f"{name}s" if verb == "bulk" else f"{article} {name}"
        deed = f"{_VERBS[verb]} {what}{of}"
        values = _body(one)
    else:
        deed = f"asks: {one['method']} {str(one['path']).partition('?')[0]}"
    mishaps: list[str] = []
    if one["fault"]:
        mishaps.append(_FAULTS.get(one["fault"]) or str(one["fault"]))
    elif one["status"] >= 400:
        mishaps.append(f"refused: {one['status']} {_short(' '.join(str(one['response']).split()))}")
    if unread:
        done = "" if mishaps else "carried out, and "
        mishaps.append(f"{done}the sync is killed before it reads the answer")
    return Event(
        datetime.fromisoformat(one["at"]),
        column,
        "sync",
        " — ".join([deed + values, *mishaps]),
        wrong=bool(one["fault"]) or unread,
        kind="request",
        deed=deed,
        values=values.removeprefix(": ").strip(),
        mishap="; ".join(mishaps),
        record=str(one["object"] or ""),
        about=(handle,) if handle else (),
        ids=_made(one),
        fault=one["fault"] or "",
        status=one["status"] or 0,
    )


def _verb(one: Exchange) -> str:
    """What a request did: a write by a key may say in its answer that it made the record (Totango's import)."""
    answer = _answered(one)
    made = isinstance(answer, dict) and answer.get("outcome") == "created"
    return "create" if made and one["verb"] == "update" else str(one["verb"])


def _made(one: Exchange) -> tuple[str, ...]:
    """The ids in the answer to a request that may have made records."""
    return tuple(dict.fromkeys(_ids_in(_answered(one)))) if _verb(one) in ("create", "upsert", "bulk") else ()


def _answered(one: Exchange) -> Any:
    """The answer's JSON; None for an answer that has none."""
    try:
        return json.loads(one["response"])
    except (ValueError, TypeError):
        return None


def _ids_in(answer: Any) -> Iterator[str]:
    if isinstance(answer, list):
        for one in answer:
            yield from _ids_in(one)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            if name in ("id", "_id", "Id") and isinstance(value, (str, int)):
                yield str(value)
            elif isinstance(value, (list, dict)):
                yield from _ids_in(value)


def said(values: Mapping[str, Any]) -> str:
    """Fields as somebody would read them out: Subject "Call", Status "Completed"."""
    shown = [f"{name} {json.dumps(_shortened(value), ensure_ascii=False)}" for name, value in values.items()]
    more = f" and {len(shown) - FIELDS_MAX} more" if len(shown) > FIELDS_MAX else ""
    return ", ".join(shown[:FIELDS_MAX]) + more


def gathered(events: Sequence[Event]) -> list[Event]:
    """The same, with many alike in a row told once: the first of them, and how many there were."""
    found: list[Event] = []
    for one in events:
        if found and _alike(found[-1], one):
            found[-1] = Event(**(asdict(found[-1]) | {"times": found[-1].times + 1}))
        else:
            found.append(one)
    return found


def _alike(one: Event, other: Event) -> bool:
    words = one.text.split()[:3], other.text.split()[:3]
    return (one.column, one.who, one.wrong) == (other.column, other.who, other.wrong) and (
        words[0] == words[1] and words[0][0] in {"creates", "asks:", *_VERBS.values()}
    )


def _sent(one: Exchange) -> Any:
    try:
        body = json.loads(one["request"])
    except ValueError:
        return None
    several = isinstance(body, dict) and isinstance(body.get("records"), list)
    return body["records"] if several else body


def _batch(one: Exchange) -> list[Any] | None:
    """The records that a request sends together; None where it sends one by itself."""
    body = _sent(one)
    return body if isinstance(body, list) else None


def _body(one: Exchange) -> str:
    body = _sent(one)
    if isinstance(body, list) and len(body) != 1:
        first = f", the first: {said(body[0])}" if body and isinstance(body[0], dict) else ""
        return f" ({len(body)} of them{first})"
    if isinstance(body, list):
        (body,) = body
    return f": {said(body)}" if isinstance(body, dict) and body else ""


def _shortened(value: Any) -> Any:
    return _short(value) if isinstance(value, str) else value


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def counted(number: int, noun: str) -> str:
    """A number of things: "1 request", "3 requests"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _duration(seconds: int) -> str:
    for length, noun in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= length and not seconds % length:
            return counted(seconds // length, noun)
    return counted(seconds, "second")
