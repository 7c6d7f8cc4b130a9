# ruff: noqa: ARG002 - every lens has the same signature, whether it needs all of it or not
"""How a reminder's values read in Salesforce, and the other way round.

Rules M3-M7: closed sets, where a Salesforce value without a row is no opinion. Rules M10-M13: the Subject is rendered,
and only an edit of the name renders it again. Rule M24: the owner of a task follows the reminder's assignee.
The side puts two values beside a reminder's own keys (see sides/marketo.py): DETAIL, what the template makes of it, and
OWNER, who its assignee is in Salesforce.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_sync.html_text import cut
from crm_sync.lens import Context, Held, Lens, Same, Values
from crm_sync.marketo.activity_detail import name_from_subject
from crm_sync.marketo.choices import CHOICES
from crm_sync.model import FieldMap
from crm_sync.record_ids import NotAnId, canonical

#: Value of a record: the rendered template.
DETAIL = "activity_detail"
#: Value of a record: does an edit of its name change what is rendered?
FOLLOWS = "activity_detail_follows_name"
#: Value of a record: the assignee's Salesforce user, "" for nobody.
OWNER = "assignee_sf_user_id"


class ActivityDetail(Same):
    """The name of a reminder, and what the template makes of it in Salesforce.

    The comparable value is the name, so an edit of anything else writes nothing; where the template does not have it,
    it is sent at the creation alone (M13). Salesforce's Subject has no opinion (M11). A template that the user changes
    is heard with the next edit of a reminder's name (assumed).
    """

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return None

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return values.get(m.partner)

    def sent_once(self, values: Values) -> bool:
        return not values.get(FOLLOWS)

    def silent_sf(self, m: FieldMap, key: Any, c: Context) -> bool:
        return True

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        text = str(values.get(DETAIL) or "").strip()
        return cut(text, m.max_length).strip() or None  # 255 characters may be more, as Salesforce counts (F47)

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        if current:
            return Held(values.get(m.salesforce), "the name of a reminder is not written from Salesforce (rule M11)")
        return {m.partner: name_from_subject(values.get(m.salesforce))}


class ChoiceOfTwo(Same):
    """A closed set, by the profile's table of the field's name; what has no row is no opinion (M4, M7)."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return CHOICES[m.name].from_salesforce(values.get(m.salesforce))

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return key is None

    def silent_sf(self, m: FieldMap, key: Any, c: Context) -> bool:
        return key is None

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        value = values.get(m.partner)
        known = CHOICES[m.name].to_salesforce.get(value) if isinstance(value, str) else None
        return known or Held(value, f"it is no {m.name} that has a row in the map")

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        key, given = self.key_sf(m, values, c), values.get(m.salesforce)
        if key is None and current:
            return Held(given, f"this {m.name} does not sync (rules M4, M7); the reminder keeps its own")
        return {m.partner: CHOICES[m.name].at_first_sight(given)}


class Assignee(Same):
    """Who has to do it: a user of the team, and that user's stored Salesforce id (M24). Salesforce's has no opinion."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        owner = values.get(m.salesforce)
        try:
            return canonical(owner) if owner else None
        except NotAnId:
            return owner

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return values.get(OWNER) or None

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return key is None

    def silent_sf(self, m: FieldMap, key: Any, c: Context) -> bool:
        return True

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return values.get(OWNER) or Held(values.get(m.partner), "the assignee is no user of Salesforce")


MARKETO_LENSES: dict[str, Lens] = {
    "activity_detail": ActivityDetail(),
    "choice": ChoiceOfTwo(),
    "assignee": Assignee(),
}
