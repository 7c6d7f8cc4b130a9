"""Safety: what must hold for every single request of a sync, read off the fakes' journals.

Rule 1: a monitor sees only the newest round's exchanges and what the oracle's model knows.
Rule 2: must not import crm_sync.
Source: rules P2, P6, P25 and the invariants I6, I7, I8 and I16.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from crm_contracts.world.fields import Row, takes_part
from crm_contracts.world.model import Model
from crm_contracts.world.ops import CONVERSATION, TASK
from crm_contracts.world.settings import OFF, Settings
from crm_contracts.world.violations import BrokenFrame, DirectionIgnored, FalselyDeleted, LensBroken

Exchange = Mapping[str, Any]

WRITING = frozenset({"create", "update", "upsert", "delete", "bulk"})
WRITTEN = {"salesforce": {"task"}, "planhat": {"task", "conversation"}}
_IDS_ONLY = frozenset({"_id", "sourceId", "externalId", "companyId"})
_SALESFORCE_ID = re.compile(r"/sobjects/Task/(?:Id/)?(00T\w{12,15})")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|\x00")  # in JSON, and as it is
_PLANHAT_ID = re.compile(r"/(?:tasks|conversations)/([\w-]+)")


def is_write(exchange: Exchange) -> bool:
    """Whether a request asks for a change. Logging in and asking are none."""
    return exchange["verb"] in WRITING and exchange["method"] != "GET"


def writes(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [one for one in exchanges if is_write(one)]


def older_rows(exchanges: Iterable[Exchange]) -> dict[str, dict[str, list[Row]]]:
    """By each vendor that showed older rows in a round, those rows by the id of the record."""
    found: dict[str, dict[str, list[Row]]] = {}
    for one in exchanges:
        if one["fault"] == "slow_visibility":
            rows = found.setdefault(one["vendor"], {})
            for row in _rows(one["response"]):
                rows.setdefault(str(row.get("Id") or row.get("_id")), []).append(row)
    return found


def _rows(response: str) -> Iterable[Row]:
    """The records in an answer: a list, one alone, or what a query found."""
    try:
        body = json.loads(response)
    except ValueError:
        return []
    rows = body.get("records", [body]) if isinstance(body, dict) else body
    return [row for row in rows if isinstance(row, dict) and ("Id" in row or "_id" in row)]


def writes_back(exchange: Exchange, owed: Collection[str]) -> bool:
    """Whether a write to Planhat does nothing but note one of the Salesforce ids in *owed* (P8)."""
    items = _items(exchange) if exchange["vendor"] == "planhat" else []
    told = {str(item.get("sourceId") or item.get("externalId") or "") for item in items}
    return bool(items) and told <= set(owed) and all(set(item) <= _IDS_ONLY for item in items)


def check(exchanges: Iterable[Exchange], settings: Settings, model: Model) -> None:
    """Raise the invariant that one of a round's *exchanges* breaks, if any does."""
    for one in exchanges:
        name = str(one["object"]).lower()
        if settings.task == OFF and settings.conversation == OFF and name in {TASK, CONVERSATION}:
            raise DirectionIgnored(f"nothing is syncing, and there was {say(one)}")
        if settings.task == OFF and name == TASK and one["vendor"] == "planhat":
            raise DirectionIgnored(f"Planhat Tasks are Not Syncing, and there was {say(one)}")
        if settings.conversation == OFF and name == CONVERSATION:
            raise DirectionIgnored(f"Conversations are Not Syncing, and there was {say(one)}")
        if is_write(one):
            _check_write(one, name, settings, model)


def _check_write(one: Exchange, name: str, settings: Settings, model: Model) -> None:
    if _NUL.search(str(one["request"])):
        raise LensBroken(f"a NUL is dropped at the border, no system keeps one (F47): {say(one)}")
    if one["verb"] == "delete":
        raise FalselyDeleted(f"neither side deletes records in the other (P25): {say(one)}")
    if one["vendor"] == "salesforce" and name == settings.conversation_object.lower() and settings.sends_elsewhere:
        return  # Conversations that go to another object: nobody follows them there
    if name not in WRITTEN[one["vendor"]]:
        raise BrokenFrame(f"only activities are synced, and there was {say(one)}")
    if one["vendor"] == "salesforce":
        _check_salesforce(one, settings, model)
        return
    for item in _items(one):
        if not set(item) - _IDS_ONLY:
            continue  # the id written back: that is how a record that was sent is remembered (P8)
        if not settings.receives(name):
            raise DirectionIgnored(f"the {name} section is {getattr(settings, name)}, and there was {say(one)}")


def _check_salesforce(one: Exchange, settings: Settings, model: Model) -> None:
    found = _SALESFORCE_ID.search(one["path"])
    activity = model.of("salesforce", found.group(1)) if found else None
    if activity is None:
        sends = settings.sends("task") or settings.sends("conversation")
    else:
        conversation = activity.one(CONVERSATION)
        sends = settings.sends("task") or (
            settings.sends("conversation") and conversation is not None and takes_part(conversation.row)
        )
    if not sends:
        raise DirectionIgnored(
            f"tasks are {settings.task}, conversations {settings.conversation}, and there was {say(one)}"
        )


def _items(one: Exchange) -> list[Mapping[str, Any]]:
    try:
        body = json.loads(one["request"])
    except ValueError:
        return []
    if isinstance(body, list):
        return [item for item in body if isinstance(item, dict)]
    return [body] if isinstance(body, dict) else []


def say(one: Exchange) -> str:
    """One exchange in a line of a timeline."""
    text = " ".join(str(one["request"]).split())
    status = one["status"] or "no answer"
    fault = f" [{one['fault']}]" if one["fault"] else ""
    path = str(one["path"]).split("?", maxsplit=1)[0].removeprefix("/services/data/v60.0")
    return f"{one['vendor']} {one['method']} {path} {text[:160]} -> {status}{fault}"


def names(one: Exchange, model: Model) -> str:
    """The handle of the activity an exchange is about, "" when it does not say."""
    pattern, side = (_SALESFORCE_ID, "salesforce") if one["vendor"] == "salesforce" else (_PLANHAT_ID, "")
    found = pattern.search(one["path"])
    if not found:
        return ""
    side = side or ("task" if "/tasks" in one["path"] else "conversation")
    activity = model.of(side, found.group(1))
    return activity.handle if activity else ""
