"""The segment dock: what Segment sends on, `identify` and `track`.

Rule 1: any other type is ignored, and so is a call without user id and e-mail: 200, and nothing happens.
Rule 2: a user who is not there is made when the company is told.
Source: developer documentation of 2017, Segment, and the help article on the integration: where the user id, the
e-mail and the company id are looked for. What identify does to an enduser who is there is a switch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_planhat.errors import PlanhatError
from fake_planhat.models import ENDUSER
from fake_planhat.models.model import Document
from fake_planhat.operations import activity, writing
from fake_planhat.operations.call import Call, changing, present
from fake_planhat.tenant import Tenant

SOURCE = "segment"


def take(tenant: Tenant, body: Mapping[str, Any]) -> None:
    """One call of Segment."""
    kind = str(body.get("type", "")).lower()
    if kind not in {"identify", "track"}:
        return
    item = _item(body)
    if kind == "track":
        activity.push(tenant, [item], source=SOURCE)
        return
    said = activity.said_by(item)
    if not said:
        return
    with changing(tenant) as work:
        call = Call(tenant, activity.SINK, ENDUSER, work, tenant.clock.now(), bulk=True)
        found = activity.found_or_made(call, said)
        if found is not None and tenant.switches["segment_identify_updates"]:
            _update(call, found, said)


def _update(call: Call, enduser: Document, said: Mapping[str, str]) -> None:
    news = {key: said[key] for key in ("name", "firstName", "lastName", "email", "externalId") if key in said}
    try:
        writing.change(call, enduser, news)
    except PlanhatError:
        return  # what clashes with another enduser is not written, and nobody is told


def _item(body: Mapping[str, Any]) -> Document:
    """The call as an activity."""
    context = _object(body.get("context"))
    traits = {**_object(context.get("traits")), **_object(body.get("traits"))}
    properties = _object(body.get("properties"))
    item: Document = {
        "externalId": _first(body.get("user_id"), body.get("userId"), traits.get("id")),
        "email": _first(traits.get("email"), properties.get("email")),
        "companyExternalId": _first(traits.get("companyId"), properties.get("companyId")),
        "action": body.get("event"),
        "date": body.get("timestamp"),
        "info": properties or None,
    }
    return item | {key: traits.get(key) for key in ("name", "firstName", "lastName")}


def _first(*values: Any) -> Any:
    return next((one for one in values if present(one)), None)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
