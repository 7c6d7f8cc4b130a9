"""What starts an automation, and its runs: queued when a change is committed, carried out once the answer is out.

Rule 1: a run sees the record as it was committed, whatever happened to it since.
Rule 2: runs are carried out one at a time and in order, by whoever comes first after an answer: so the log is the same
        for the same calls, and a receiver that calls back is answered.
Rule 3: nothing a receiver does reaches the API call. What went wrong stands in the log, and ends the run (a switch).
Rule 4: a reset or a restore forgets what was queued.
Source: developer documentation, Automations (triggers, outgoing webhook). What Planhat sends when no body is set up is
not public: the payload {event, model, object} is ours, and says so in the header X-Understudy-Stand-In.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from fake_core.clock import Clock
from fake_core.store import Store
from fake_core.switches import Switches
from fake_core.web import STAND_IN_HEADER
from fake_planhat.automations.codes import OBJECT, as_text, fill, fill_text, reach, step_code
from fake_planhat.automations.config import Automation, Step, read_automations
from fake_planhat.automations.log import RUNS_KEPT_MAX, add_run, runs_after
from fake_planhat.automations.sending import Sender, Webhook
from fake_planhat.dates import iso
from fake_planhat.models.model import Document
from fake_planhat.store import COLLECTIONS, Query, dumps

RUNS_AT_ONCE_MAX = 1_000  # automations that start each other come to an end: the next answer goes on
OUR_PAYLOAD = "the payload {event, model, object} is ours: what Planhat sends without a body of one's own is not public"
_STAMPS = ("updatedAt", "lastUpdated")
_EVERYTHING = Query({}, {}, (), "_id", descending=False, limit=2**62, offset=0)


@dataclass(frozen=True)
class _Run:
    """One automation that waits for its turn."""

    automation: Automation
    at: str
    object: Any
    generation: int


class Automations:
    """The automations of a tenant: a part of its store, with a queue and a log."""

    def __init__(self, given: Sequence[Mapping[str, Any]], *, clock: Clock, switches: Switches, sender: Sender) -> None:
        self._clock = clock
        self._switches = switches
        self._sender = sender
        self.set(given)
        self._queue: deque[_Run] = deque()
        self._draining = threading.Lock()
        self._generation = 0
        self._store: Store | None = None

    def attach(self, store: Store) -> None:
        """Where records are read and runs are written down."""
        self._store = store

    def check(self, given: Any) -> None:
        """Raises MisuseError unless *given* are automations."""
        read_automations(given, models=COLLECTIONS)

    def set(self, given: Sequence[Mapping[str, Any]]) -> None:
        """Replace all automations. Raises MisuseError, changing nothing."""
        self._automations = read_automations(given, models=COLLECTIONS)
        self._given = [dict(one) for one in given]

    def dump(self) -> Any:
        return self._given

    def load(self, state: Any) -> None:
        self.set(state)
        self._generation += 1
        self._queue.clear()

    def hooks(self) -> list[str]:
        """The ids in the URLs of incoming webhooks."""
        return [one.hook for one in self._automations if one.hook]

    def incoming(self, hook: str) -> Automation | None:
        """The automation behind an incoming webhook's URL."""
        return next((one for one in self._automations if one.hook == hook), None) if hook else None

    def follow(self, changes: Iterable[tuple[str, Document | None, Document | None]]) -> None:
        """Queue what the committed *changes* (model, before, after) start."""
        if not self._automations:
            return
        for model, before, after in changes:
            for one in self._automations:
                if one.model == model and _starts(one, before, after):
                    self.start(one, before if after is None else after)

    def start(self, automation: Automation, started_by: Any) -> None:
        """Queue one run."""
        self._queue.append(_Run(automation, iso(self._clock.now()), started_by, self._generation))

    def after(self) -> Callable[[], None] | None:
        """What is to be done once the answer is out, if anything."""
        return self.drain if self._queue else None

    def drain(self) -> None:
        """Carry out what is queued, unless somebody is at it already."""
        left = RUNS_AT_ONCE_MAX
        while self._queue and left > 0 and self._draining.acquire(blocking=False):
            try:
                while self._queue and left > 0:
                    left -= 1
                    self._carry_out(self._queue.popleft())
            finally:
                self._draining.release()

    def events(self, since: int, channel: str | None) -> dict[str, Any]:
        """The log: runs after number *since* (-2: all, -1: none), of the automation *channel* (None: of all)."""
        assert self._store is not None
        return runs_after(self._store, since, channel)

    def _carry_out(self, run: _Run) -> None:
        assert self._store is not None
        automation = run.automation
        scope: dict[str, Any] = {OBJECT: run.object}
        entry: dict[str, Any] = {
            "at": run.at,
            "automation": automation.name,
            "trigger": automation.trigger,
            "model": automation.model,
            "record": reach(run.object, "_id"),
            "outcome": "done",
            "steps": [],
        }
        for number, step in enumerate(automation.steps, 1):
            told = {"step": number, "kind": step.kind}
            entry["steps"].append(told)
            told |= self._step(step, run, scope, number)
            if "error" in told:
                entry["outcome"] = "failed"
                if self._switches["automation_failed_step"] == "stop":
                    break
        if run.generation == self._generation:
            add_run(self._store, entry, kept=RUNS_KEPT_MAX)

    def _step(self, step: Step, run: _Run, scope: dict[str, Any], number: int) -> dict[str, Any]:
        """Carry out *step*, put its outcome into *scope*; what the log says of it."""
        if step.kind == "webhook":
            webhook = _webhook(step, run, scope)
            told: dict[str, Any] = {
                "method": webhook.method,
                "url": webhook.url,
                "headers": dict(webhook.headers),
                "body": webhook.body.decode("utf-8", "replace"),
            }
            try:
                reply = self._sender(webhook)
            except Exception as error:  # noqa: BLE001 - rule 3: a tester's sender may raise anything
                return told | {"error": str(error) or type(error).__name__}
            told |= {"status": reply.status, "answer": reply.text}
            scope[step_code(number)] = _parsed(reply.text)
            if not 200 <= reply.status < 300:
                told["error"] = f"the receiver answered {reply.status}"
            return told
        found = self._found(step, scope)
        scope[step_code(number)] = found if step.kind == "get multiple" else next(iter(found), None)
        return {"model": step.model, "found": [one["_id"] for one in found]}

    def _found(self, step: Step, scope: Mapping[str, Any]) -> list[Document]:
        assert self._store is not None
        collection = COLLECTIONS[step.model]
        with self._store.read() as connection:
            if step.kind == "get":
                text = collection.text(connection, fill_text(step.id, scope).lower())
                return [] if text is None else [json.loads(text)]
            wanted = fill(step.filter, scope)
            documents = map(json.loads, collection.list_texts(connection, _EVERYTHING))
            return list(islice((one for one in documents if _passes(wanted, one)), step.limit))


def _starts(automation: Automation, before: Document | None, after: Document | None) -> bool:
    """Whether a change from *before* to *after* is what *automation* waits for."""
    trigger = automation.trigger
    if before is None or after is None:
        happened = "created" if before is None else "deleted"
        entered = after is not None and trigger == "enters" and _passes(automation.filter, after)
        return trigger == happened or entered
    if trigger == "updated":
        return _unstamped(before) != _unstamped(after)
    if trigger == "changed":
        return bool(reach(before, automation.property) != reach(after, automation.property))
    return trigger == "enters" and _passes(automation.filter, after) and not _passes(automation.filter, before)


def _passes(wanted: Mapping[str, Any], document: Document) -> bool:
    """Whether each property has its value, or one of its values."""
    return all(
        reach(document, path) in value if isinstance(value, list) else reach(document, path) == value
        for path, value in wanted.items()
    )


def _unstamped(document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in _STAMPS}


def _webhook(step: Step, run: _Run, scope: Mapping[str, Any]) -> Webhook:
    headers = {name: fill_text(value, scope) for name, value in step.headers.items()}
    names = {name.lower() for name in headers}
    if step.body is None and step.method in {"GET", "DELETE"}:
        return Webhook(step.method, step.url, headers, b"")
    kind = "text/plain; charset=utf-8" if isinstance(step.body, str) else "application/json"
    if "content-type" not in names:
        headers["Content-Type"] = kind
    if step.body is None:
        headers[STAND_IN_HEADER] = OUR_PAYLOAD
        automation = run.automation
        body = dumps({"event": automation.trigger, "model": automation.model, "object": run.object})
    elif isinstance(step.body, str):
        body = fill_text(step.body, scope)
    else:
        body = as_text(fill(step.body, scope))
    return Webhook(step.method, step.url, headers, body.encode("utf-8", "replace"))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
