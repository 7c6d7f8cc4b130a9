"""Safety of every single request of a sync, read off the fakes' journals. Must not import crm_sync.

Rule: a monitor sees only the newest round's exchanges and the settings; what records hold is the oracle's business.
Source: rules T1 to T3, T17 to T19, T25, T36, M1, M2, M25 and the invariants I7 and I8.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from crm_contracts.world import monitors
from crm_contracts.world.monitors import Exchange, say
from crm_contracts.world.pairs.model import partner_key
from crm_contracts.world.pairs.ops import IN, OUT
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, SOBJECTS, TASK, TOUCHPOINT, PairSettings
from crm_contracts.world.violations import BrokenFrame, DirectionIgnored

__all__ = ["Exchange", "check", "is_write", "say", "writes", "written"]

# What the partners' objects are called in a journal.
OBJECTS = {"Task": TASK, "Touchpoint": TOUCHPOINT, "CampaignTouch": CAMPAIGN_TOUCH, "Reminder": REMINDER}
_NO_RECORDS = frozenset({"ActivityDetail", "Diagnostic"})  # a preview; a failure that is told (M27)
_KEY = frozenset({"external_id", "sf_task_id", "id", "account_id", "updated_at", "updated_by"})  # and audit (T36)
_ALWAYS = frozenset({"Subject", "Description", "ActivityDate", "OwnerId"})
_WHEN = frozenset({"StartDateTime", "EndDateTime", "IsAllDayEvent", "DurationInMinutes", "ActivityDateTime"})
_NAMED = re.compile(r"/(?:sobjects/\w+(?:/(\w+__c))?|tasks|touchpoints|reminders)/([\w.%-]+)$")
_ENVELOPE = frozenset({"attributes", "Id", "id"})
UPDATED = {"Task": _ALWAYS | {"Status", "Priority"}, "Event": _ALWAYS | _WHEN}
CREATED = {"Task": UPDATED["Task"] | {"WhatId", "WhoId"}, "Event": UPDATED["Event"] | {"WhatId", "WhoId", "Type"}}


def is_write(exchange: Exchange) -> bool:
    """Whether a request asks for a change of a record. Asking in bulk, a preview and a diagnostic are none."""
    asks = "/jobs/query" in exchange["path"] or exchange["object"] in _NO_RECORDS
    return monitors.is_write(exchange) and not asks


def writes(exchanges: Iterable[Exchange]) -> list[Exchange]:
    return [one for one in exchanges if is_write(one)]


def written(exchange: Exchange) -> Iterator[tuple[str, str, str]]:
    """The fields that a change names: vendor, record's key (see `Model.named`), field. What is made names none."""
    made = exchange["status"] == 201 or '"outcome": "created"' in str(exchange["response"])
    if not is_write(exchange) or exchange["verb"] == "delete" or not 200 <= exchange["status"] < 300 or made:
        return
    found = _NAMED.search(str(exchange["path"]).split("?", maxsplit=1)[0])
    kind = OBJECTS.get(exchange["object"], "") if exchange["vendor"] != "salesforce" else (found and found[1]) or ""
    for item in _items(exchange):
        named = unquote(found[2]) if found else str(item.get("id") or item.get("Id") or "")
        if named:
            for name in sorted(set(item) - _ENVELOPE):
                yield str(exchange["vendor"]), partner_key(kind, named) if kind else named, name


def check(
    exchanges: Iterable[Exchange], settings: PairSettings, ways: Sequence[str], external_ids: Mapping[str, str]
) -> None:
    """Raise the invariant that one of a round's *exchanges* breaks, if any does."""
    keys = frozenset(filter(None, external_ids.values()))
    for one in exchanges:
        if is_write(one):
            if settings.profile == "marketo" and not settings.enabled:
                raise DirectionIgnored(f"the task sync is off (M1), and there was {say(one)}")
            if one["vendor"] == "salesforce":
                _salesforce(one, settings, ways, keys)
            else:
                _partner(one, settings, ways)


def _salesforce(one: Exchange, settings: PairSettings, ways: Sequence[str], keys: frozenset[str]) -> None:
    name = one["object"]
    sections = [section for section in settings.sections if SOBJECTS[section] == name]
    if not sections and name:
        raise BrokenFrame(f"only activities are synced, and there was {say(one)}")
    if OUT not in ways or not any(settings.policy(section).opens(OUT) for section in sections or settings.sections):
        raise DirectionIgnored(f"nothing goes out in this round, and there was {say(one)}")
    if one["verb"] not in {"create", "update", "upsert"}:
        return
    allowed = (CREATED if one["verb"] in {"create", "upsert"} else UPDATED)[name] | keys | _ENVELOPE
    for item in _items(one):
        beyond = sorted(set(item) - allowed)
        if beyond:
            raise BrokenFrame(f"{beyond[0]} is not the sync's to write (T17 to T19, T25, M2): {say(one)}")


def _partner(one: Exchange, settings: PairSettings, ways: Sequence[str]) -> None:
    section = OBJECTS.get(one["object"], "")
    if section not in settings.sections or section == CAMPAIGN_TOUCH:
        raise BrokenFrame(f"only activities come in, and never a campaign touch (T1), and there was {say(one)}")
    if one["verb"] == "update" and all(not set(item) - _KEY for item in _items(one)):
        return  # the id written back: that is how a record that went out is remembered
    if IN not in ways or not settings.policy(section).opens(IN):
        raise DirectionIgnored(f"no {section} comes in in this round, and there was {say(one)}")


def _items(one: Exchange) -> Iterator[Mapping[str, Any]]:
    """The records in a request's body: of one call, of a collection, of a composite."""
    try:
        body = json.loads(one["request"])
    except ValueError:
        return
    yield from _records(body)


def _records(body: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(body, list):
        for each in body:
            yield from _records(each)
    elif isinstance(body, dict):
        inner = body.get("records") or body.get("compositeRequest") or body.get("batchRequests")
        if isinstance(inner, list):
            yield from _records(inner)
        elif "body" in body or "richInput" in body:
            yield from _records(body.get("body") or body.get("richInput"))
        elif "allOrNone" not in body:
            yield body
