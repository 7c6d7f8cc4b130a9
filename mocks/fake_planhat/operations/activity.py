"""User activity: what endusers did, pushed to the analytics host one by one, in bulk or as CSV, or by Segment.

Rule 1: an enduser is found by externalId or e-mail, within the company when that is told; one who is not there is made
        in that company, or in the one whose domains hold the e-mail.
Rule 2: an activity without e-mail and externalId is ignored. One that cannot be assigned is kept without an enduser.
Rule 3: no API reads activities. Here they stand in the control plane's events, channel ACTIVITY_CHANNEL.
Source: developer documentation of 2017, User Tracking, for keys, defaults and rule 1; help article on Segment for what
is dropped without an error. The effect on lastActive is a switch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fake_planhat.dates import iso
from fake_planhat.errors import PlanhatError
from fake_planhat.models import COMPANY, ENDUSER
from fake_planhat.models.fields import TYPES
from fake_planhat.models.model import Document
from fake_planhat.operations import writing
from fake_planhat.operations.call import Call, changing, present
from fake_planhat.operations.keys import parse
from fake_planhat.operations.rows import Work
from fake_planhat.pushed import activities_after, add_activities
from fake_planhat.tenant import ApiToken, Tenant

ACTIVITY_CHANNEL = "/activity"
SINK = ApiToken("", name="Analytics")  # who acts when nobody shows a token
# What an activity says -> the keys that say it, the first present one counting.
KEYS = {
    "externalId": ("externalId", "id"),
    "email": ("email",),
    "company": ("companyExternalId", "cId"),
    "name": ("name",),
    "firstName": ("firstName",),
    "lastName": ("lastName",),
}
DEFAULTS = {"weight": 1, "count": 1}


def push(tenant: Tenant, items: Sequence[Any], *, source: str = "api") -> int:
    """Keep the activities in *items*; how many were kept."""
    kept: list[Document] = []
    with changing(tenant) as work:
        call = Call(tenant, SINK, ENDUSER, work, tenant.clock.now(), bulk=True)
        _expect(work, items)
        for item in items:
            if isinstance(item, dict) and (said := said_by(item)):
                enduser = found_or_made(call, said)
                kept.append(_kept(call, item, said, enduser, source))
        add_activities(work.connection, kept)
        if tenant.switches["activity_last_active"]:
            _touch(work, kept)
    return len(kept)


def said_by(item: Mapping[str, Any]) -> dict[str, str]:
    """Who and where, as texts; {} when neither e-mail nor externalId is told."""
    said: dict[str, str] = {}
    for name, keys in KEYS.items():
        value = next((item[key] for key in keys if present(item.get(key))), None)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            said[name] = str(value)
    return said if {"externalId", "email"} & said.keys() else {}


def found_or_made(call: Call, said: Mapping[str, str]) -> Document | None:
    """The enduser whom *said* means, made when nobody is there and the company is known; None when it is not."""
    company = _company(call.work, said)
    for key in ("externalId", "email"):
        if key not in said:
            continue
        found = call.rows.find(key, said[key])
        if "company" in said and company is not None:
            found = [one for one in found if one.get("companyId") == company["_id"]]
        if found:
            return min(found, key=lambda one: str(one["_id"]))
    if company is None or call.switches["activity_unknown_enduser"] == "ignore":
        return None
    body: Document = {key: said[key] for key in ("externalId", "email", "name", "firstName", "lastName") if key in said}
    try:
        return writing.insert(call, {**body, "companyId": company["_id"]})
    except PlanhatError:
        return None  # the sink reports nothing: an externalId that is taken in another company stays there


def activity_events(tenant: Tenant, since: int) -> dict[str, Any]:
    """The activities after number *since* (-2: all, -1: none), as the control plane shows events."""
    with tenant.store.read() as connection:
        last, found = activities_after(connection, since)
    return {"last": last, "events": [] if since == -1 else found}


def _expect(work: Work, items: Sequence[Any]) -> None:
    said = [one for item in items if isinstance(item, dict) and (one := said_by(item))]
    for key in ("externalId", "email"):
        work[ENDUSER.name].expect(key, [one[key] for one in said if key in one])
    work[COMPANY.name].expect("externalId", [one["company"] for one in said if "company" in one])


def _company(work: Work, said: Mapping[str, str]) -> Document | None:
    if "company" in said:
        key = parse(COMPANY, said["company"])
        found = work[COMPANY.name].find("externalId", said["company"])
        if not found and key is not None and key[0] == "_id":
            found = work[COMPANY.name].find(*key)
        return found[0] if found else None
    email = said.get("email", "")
    return work.company_of_domain(email.rpartition("@")[2].lower()) if "@" in email else None


def _kept(
    call: Call, item: Mapping[str, Any], said: Mapping[str, str], enduser: Document | None, source: str
) -> Document:
    """The activity as it is kept: who, where, what, when."""
    numbers = {key: _number(item.get(key), default) for key, default in DEFAULTS.items()}
    return {
        "source": source,
        "enduserId": enduser["_id"] if enduser else None,
        "companyId": enduser.get("companyId") if enduser else None,
        **said,
        "action": item.get("action"),
        "date": _date(item.get("date")) or iso(call.moment),
        **numbers,
        "info": item.get("info"),
    }


def _touch(work: Work, kept: Sequence[Document]) -> None:
    """Move lastActive of endusers and companies forward; it is no change of theirs, so updatedAt stays."""
    newest: dict[tuple[str, str], str] = {}
    for one in kept:
        for model, key in ((ENDUSER.name, "enduserId"), (COMPANY.name, "companyId")):
            if one[key]:
                newest[model, one[key]] = max(newest.get((model, one[key]), ""), one["date"])
    for model in (ENDUSER.name, COMPANY.name):
        work[model].expect("_id", [record_id for name, record_id in newest if name == model])
    for (model, record_id), date in newest.items():
        document = work[model].get(record_id)
        if document is None or (document.get("lastActive") or "") >= date:
            continue
        stamps: Document = {key: document[key] for key in ("createdAt", "updatedAt") if key in document}
        rest = {key: value for key, value in document.items() if key not in stamps}
        work[model].put({**rest, "lastActive": date, **stamps}, new=False)


def _date(value: Any) -> str | None:
    try:
        return TYPES["date"][1](value) if present(value) else None
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _number(value: Any, default: int) -> int | float:
    try:
        found = TYPES["number"][1](value) if present(value) else None
    except (TypeError, ValueError, OverflowError):
        found = None
    return default if found is None else found
