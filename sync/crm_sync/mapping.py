# ruff: noqa: ARG002 - every lens has the same signature, whether it needs all of it or not
"""Lenses: how one field reads on one side and is written on the other. See `lens` for what a lens is.

Here stand Planhat's and the table of all; a partner with values of its own has a module of lenses in its room.
Rules P26 (maps, held-back values) and P28 (texts, dates). Source of the field shapes: Planhat's
developer page "Task", Salesforce Object Reference "Task".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from crm_sync import html_text
from crm_sync.lens import CUSTOM, Context, Held, Lens, Same, Text, Values, moment_text, parse_moment, partner_value
from crm_sync.marketo.lenses import MARKETO_LENSES
from crm_sync.model import SALESFORCE, FieldMap, Record
from crm_sync.record_ids import NotAnId, canonical
from crm_sync.totango.lenses import TOTANGO_LENSES

__all__ = [
    "LENSES",
    "Context",
    "Held",
    "Lens",
    "Values",
    "key_of",
    "lens",
    "moment_text",
    "parse_moment",
    "partner_value",
]


class Html(Text):
    """HTML in Planhat, plain text in Salesforce (rule P28)."""

    def _canon(self, text: Any) -> str:
        return html_text.canon(None if text is None else str(text))

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return html_text.to_text(Same.key_partner(self, m, values, c))

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        text: str = self.key_partner(m, values, c)
        return html_text.cut(text, m.max_length).strip() or None

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        return {m.partner: html_text.to_html(values.get(m.salesforce))}


class Day(Same):
    """A date in Salesforce, a moment in Planhat. The day is Planhat's day in UTC and never shifts.

    A new day keeps Planhat's time of day; without one it is midnight UTC, which Planhat shows as
    "no specific time". An end time moves by as many days.
    """

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        moment = parse_moment(super().key_partner(m, values, c))
        if moment is None and m.partner == "startTime":
            moment = parse_moment(values.get("endTime"))
        return None if moment is None else moment.date().isoformat()

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        text = values.get(m.salesforce)
        is_task = m.partner == "startTime"
        if not text:
            if is_task:
                ends = {"endTime": None} if current.get("endTime") else {}
                return {"startTime": None, **ends}
            return Held(None, "a Conversation must have a date")
        day = date.fromisoformat(text)
        old = parse_moment(current.get(m.partner))
        keep_time = old is not None and not (is_task and current.get("noSpecificTime"))
        time_of_day = old.timetz() if old and keep_time else datetime.min.replace(tzinfo=UTC).timetz()
        new = datetime.combine(day, time_of_day)
        written: dict[str, Any] = {m.partner: moment_text(new)}
        if is_task and not keep_time:
            written["noSpecificTime"] = True
        end = parse_moment(current.get("endTime")) if is_task else None
        if end is not None:
            start_day = old.date() if old else end.date()
            try:
                moved = end + timedelta(days=(day - start_day).days)
            except OverflowError:  # beyond year 1 or 9999: no sensible end is lost
                moved = new
            written["endTime"] = moment_text(moved)
        return written


class Status(Same):
    """Compared in Planhat's words; a Salesforce status is rewritten only when its word changes."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        status = values.get(m.salesforce)
        if isinstance(status, str) and status in c.maps["status"].to_partner:
            return c.maps["status"].to_partner[status]
        if values.get("IsClosed") is True:
            return c.closed_means
        return status

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        """No status, or one that closes the Planhat Task only (Ignored), says nothing."""
        return not key or (key in c.closed_at_partner and key not in c.maps["status"].to_salesforce)

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        status = self.key_partner(m, values, c)
        known = c.maps["status"].to_salesforce.get(status)
        if known is not None:
            return known
        if status in c.maps["status"].to_partner and c.maps["status"].to_partner[status] != status:
            return Held(status, "the same word means another status in Salesforce; map it")
        if c.options.unmapped_status == "hold":
            return Held(status, "the status has no row in the map")
        return status

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        status = self.key_sf(m, values, c)
        if not m.partner:
            return Held(status, "a Conversation has no status")
        if not status:
            return Held(status, "Salesforce says no status")
        written: dict[str, Any] = {m.partner: status}
        closes = status in c.closed_at_partner
        if closes and not current:
            written["isArchived"] = True  # a Task created as Done is not archived by itself
        if not closes and current.get("isArchived"):
            written["isArchived"] = False
        return written


class Owner(Same):
    """A user on both sides, matched by e-mail or by the configuration."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        owner = values.get(m.salesforce)
        try:
            return canonical(owner) if owner else None
        except NotAnId:
            return owner

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        if m.partner != "users":
            return super().key_partner(m, values, c)
        users = [user for user in values.get("users") or [] if isinstance(user, Mapping)]
        owner = next((user for user in users if user.get("isOwner")), None)
        return (owner.get("id") or owner.get("_id")) if owner else None

    def agree(self, m: FieldMap, sf: Any, partner: Any, c: Context) -> bool:
        return bool(sf and partner and c.owner_at_partner(sf) == partner)

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return not key

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        owner = self.key_partner(m, values, c)
        known = c.owner_in_salesforce(owner) if owner else None
        known = known or c.options.owner_fallback_salesforce or None
        return known or Held(owner, "this owner is not an active user of Salesforce")

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        if m.partner == "users":
            return Held(values.get(m.salesforce), "a Conversation keeps its own users")
        owner = self.key_sf(m, values, c)
        known = c.owner_at_partner(owner) if owner else None
        known = known or c.options.owner_fallback_partner or None
        return {m.partner: known} if known else Held(owner, "this owner is not a user of Planhat")


class Type(Same):
    """A picklist whose values must exist identically on both sides, unless the map says more."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        value = values.get(m.salesforce) or ""
        return c.maps["type"].to_partner.get(value, value) or None

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        value = super().key_partner(m, values, c)
        return value if value and c.maps["type"].to_salesforce.get(value, value) else None

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return not key

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        value = self.key_partner(m, values, c)
        return c.maps["type"].to_salesforce.get(value, value) or None

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        return {m.partner: self.key_sf(m, values, c)}


LENSES: dict[str, Lens] = {
    "same": Same(),
    "text": Text(),
    "html": Html(),
    "day": Day(),
    "status": Status(),
    "owner": Owner(),
    "type": Type(),
    **TOTANGO_LENSES,
    **MARKETO_LENSES,
}


# What Salesforce works out anew from a field, of that which lenses read. Source: Object Reference v66, Task.
_WORKED_OUT = {"Status": frozenset({"IsClosed"})}


def lens(m: FieldMap) -> Lens:
    return LENSES[m.lens]


def key_of(record: Record, m: FieldMap, c: Context) -> Any:
    """The comparable value of one field of a record of either side, worked out once for a mapping and a context."""
    known = record.keys.get(id(m))
    if known is None or known[0] is not m or known[1] is not c:
        key = lens(m).key_sf if record.place == SALESFORCE else lens(m).key_partner
        known = record.keys[id(m)] = (m, c, key(m, record.values, c))
    return known[2]


def changed(values: Values, changes: Values) -> dict[str, Any]:
    """What a record with these *values* will say after *changes*, without what only Salesforce can tell."""
    stale = {name for field in changes for name in _WORKED_OUT.get(field, ())}
    said = {name: value for name, value in {**values, **changes}.items() if name not in stale}
    custom = {name.removeprefix(CUSTOM): said.pop(name) for name in changes if name.startswith(CUSTOM)}
    return said | {"custom": {**(values.get("custom") or {}), **custom}} if custom else said
