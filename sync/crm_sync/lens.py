# ruff: noqa: ARG002 - every lens has the same signature, whether it needs all of it or not
"""What a lens is, and the two that the others are made of.

A lens has, for each side, a *key* (the comparable value kept as the last agreed one) and a *write*
(the JSON to send so that the other side says the same). Comparison happens in the poorer of the two
domains, so that nothing is rewritten merely because one side says it with more detail.
Laws (invariant I16): what is written reads back as the same key, and keys are stable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from crm_sync import html_text
from crm_sync.config import Options, ValueMap
from crm_sync.model import FieldMap

Values = Mapping[str, Any]
#: Lenses of texts: a person knows a record by what they say, and Salesforce cuts them at its field's length.
TEXTS = frozenset({"text", "html", "lines", "activity_detail", "campaign_subject"})
NOTHING: Mapping[str, Any] = {}
#: How a custom field of the partner's is named where it is mapped and written; it is read in an object of that name.
CUSTOM = "custom."


@dataclass(frozen=True)
class Held:
    """A value that cannot be written on the other side, and why."""

    value: Any
    reason: str


@dataclass(frozen=True)
class Context:
    """What lenses need to know beside the values. *owner_at_partner* and *owner_in_salesforce*
    translate user ids and answer None for a user the other side does not have. *contact_in_salesforce* finds the one
    contact with an e-mail address.
    """

    maps: Mapping[str, ValueMap]
    options: Options
    closed_at_partner: frozenset[str]
    closed_means: str
    owner_at_partner: Callable[[str], str | None]
    owner_in_salesforce: Callable[[str], str | None]
    contact_in_salesforce: Callable[[str], str | None] = field(default=lambda _mail: None)


def partner_value(m: FieldMap, values: Values) -> Any:
    """What the partner's record itself says in a field; "custom.X" is X among its custom fields."""
    if m.constant is not None:
        return m.constant
    if m.partner.startswith(CUSTOM):
        return (values.get("custom") or {}).get(m.partner.removeprefix(CUSTOM))
    return values.get(m.partner)


class Lens(Protocol):
    """See the module's docstring. *m* is the mapped field, *c* the context."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any: ...
    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any: ...
    def agree(self, m: FieldMap, sf: Any, partner: Any, c: Context) -> bool: ...
    def silent(self, m: FieldMap, key: Any, c: Context) -> bool: ...
    def silent_sf(self, m: FieldMap, key: Any, c: Context) -> bool: ...
    def sent_once(self, values: Values) -> bool: ...
    def fits(self, m: FieldMap, key: Any) -> bool: ...
    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any: ...
    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held: ...


class Same:
    """The value as it is."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return values.get(m.salesforce)

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return partner_value(m, values)

    def agree(self, m: FieldMap, sf: Any, partner: Any, c: Context) -> bool:
        return bool(sf == partner)

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return False

    def silent_sf(self, m: FieldMap, key: Any, c: Context) -> bool:
        return False

    def sent_once(self, values: Values) -> bool:
        return False

    def fits(self, m: FieldMap, key: Any) -> bool:
        """Can Salesforce keep all of the partner's comparable value?"""
        return True

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return self.key_partner(m, values, c)

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        return {m.partner: values.get(m.salesforce)}


class Text(Same):
    """A single line on both sides; "" and null are one."""

    def _canon(self, text: Any) -> str:
        return html_text.canon_line(None if text is None else str(text))

    def _plain(self, text: Any) -> str:
        """What is sent: the text as it was written, without its outer blanks."""
        return html_text.canon_keeping_blanks("" if text is None else str(text))

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return self._canon(super().key_sf(m, values, c))

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return self._canon(super().key_partner(m, values, c))

    def agree(self, m: FieldMap, sf: Any, partner: Any, c: Context) -> bool:
        """Equal, or equal as far as Salesforce can keep it."""
        if sf == partner:
            return True
        kept = html_text.cut(partner, m.max_length)
        return bool(kept != partner and self._canon(kept) == sf)

    def fits(self, m: FieldMap, key: Any) -> bool:
        return html_text.cut(key, m.max_length) == str(key)

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        text = self._plain(Same.key_partner(self, m, values, c))
        return html_text.cut(text, m.max_length).strip() or None

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        return {m.partner: self._plain(values.get(m.salesforce))}


def parse_moment(text: Any) -> datetime | None:
    """An ISO text (or Salesforce's "+0000" form) as an aware UTC datetime; None for nothing."""
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """A moment as Planhat writes it: three decimals and Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
