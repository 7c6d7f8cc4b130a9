"""Records what a world's people and sync say over the wire, as a HAR file would have it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.stages import Stages, TellingWorld
from crm_contracts.world.ops import Op
from fake_core.control import CONTROL_PREFIX

# Ids, which are others in another world; and what a capsule does not carry, and asks about.
_NOT_COMPARED = re.compile(
    r"'(?:Priority|WhoId|WhatId|AccountId|account_id|OwnerId|assignee|assigner|created_by|activity_type_id|person|owner|ShowAs"
    r"|Location|Stage__c|custom\.Phase)': [^,}]*,?|'custom': (?:\{[^}]*\}|None),?"
)
SYNC_AGENT, PERSON_AGENT = "python-requests/2.32.3", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0"


class Recorded:
    """A world that played a history, and the HAR entries of everything that was said."""

    def __init__(self, capsule: Capsule, stages: Stages, *, people: bool = True) -> None:
        self.entries: list[dict[str, Any]] = []
        self.summary: dict[str, Any] = {}
        stage = stages.of(capsule)
        told = stage.session._call

        def call(asked: Any, headers: dict[str, str]) -> Any:
            answer = told(asked, headers)
            if CONTROL_PREFIX not in asked[1]:
                by_sync = stage.counter.counting
                if by_sync or people:
                    self.entries.append(
                        entry(asked, headers, answer, stage.clock.now(), len(self.entries), sync=by_sync)
                    )
            return answer

        with stages.world(capsule) as world:
            stage.session._call = call  # type: ignore[method-assign]
            try:
                for op in capsule.ops:
                    world.apply(op)
                self.summary = contents(world)
            finally:
                del stage.session._call

    def har(self) -> dict[str, Any]:
        return {"log": {"version": "1.2", "creator": {"name": "recorder", "version": "1"}, "entries": self.entries}}


def contents(world: TellingWorld) -> dict[str, Any]:
    """What the records hold in the end, without handles and ids: how people would compare two lists."""
    rows: dict[str, list[str]] = {}
    for sides in world.summary().values():
        for side, essences in sides.items():  # type: ignore[attr-defined]
            rows.setdefault(side, []).extend(re.sub(_NOT_COMPARED, "", one) for one in essences)
    return {side: sorted(found) for side, found in rows.items() if found}


def played(capsule: Capsule, stages: Stages) -> dict[str, Any]:
    """The same after a capsule was played, without settling: a recording ends where it ends."""
    from crm_contracts.capsules.stages import history_of

    with stages.world(capsule) as world:
        for op in history_of(capsule):
            world.apply(op)
        return contents(world)


def entry(asked: Any, headers: dict[str, str], answer: Any, at: Any, number: int, *, sync: bool) -> dict[str, Any]:
    """One HAR entry as a proxy writes it."""
    method, url, body = asked
    sent = {**headers, "User-Agent": SYNC_AGENT if sync else PERSON_AGENT}
    text = answer.body.decode("utf-8", "replace")
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": name, "value": value} for name, value in sent.items()],
        "queryString": [{"name": k, "value": v} for k, v in parse_qsl(urlsplit(url).query)],
        "cookies": [],
    }
    if body:
        request["postData"] = {"mimeType": sent.get("Content-Type", ""), "text": body.decode()}
    content: dict[str, Any] = {
        "size": len(answer.body),
        "mimeType": dict(answer.headers).get("Content-Type", ""),
        "text": text,
    }
    if number % 7 == 3 and answer.body:
        content |= {"text": base64.b64encode(gzip.compress(answer.body)).decode(), "encoding": "base64"}
    return {
        "startedDateTime": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": 12.5,
        "request": request,
        "response": {
            "status": answer.status,
            "statusText": answer.reason,
            "headers": [{"name": name, "value": value} for name, value in answer.headers],
            "cookies": [],
            "content": content,
        },
        "cache": {},
        "timings": {"send": 1, "wait": 10, "receive": 1.5},
    }


def text(har: dict[str, Any]) -> str:
    return json.dumps(har, ensure_ascii=False, indent=1)


def story(*given: Op) -> tuple[Op, ...]:
    return tuple(given)
