# ruff: noqa: ARG002 - every lens has the same signature, whether it needs all of it or not
"""How Totango's values read in Salesforce, and the other way round.

Rule T27: a campaign touch's subject is made. Rule T31, T32: people are e-mail addresses in Totango and ids in
Salesforce. Rule T35: the day of a moment is its day in UTC. Rule T43: content has a greatest length.
Rule T45: status and priority, by the tables of the profile.
A lens may have *options* in its row of the profile, named at the lens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm_sync import html_text
from crm_sync.lens import Context, Held, Lens, Same, Text, Values, moment_text, parse_moment
from crm_sync.model import FieldMap
from crm_sync.record_ids import NotAnId, canonical
from crm_sync.totango.campaign import CampaignTouch, subject_of
from crm_sync.totango.stamps import milliseconds, moment
from crm_sync.totango.values import CLOSED, OPEN, day_of, emails, stamp_of_day


class Lines(Text):
    """Plain text of several lines on both sides. Option *partner_length_max*: a longer one is held back (T43)."""

    def _canon(self, text: Any) -> str:
        return html_text.canon(None if text is None else str(text))

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        text = self._plain(values.get(m.salesforce))
        limit = m.options.get("partner_length_max")
        if limit is not None and len(text) > limit:
            return Held(text, f"it is longer than the {limit} characters that Totango keeps (rule T43)")
        return {m.partner: text}


class Stamp(Same):
    """A moment: ISO text in Salesforce, whole seconds there; milliseconds in Totango."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        at = parse_moment(values.get(m.salesforce))
        return None if at is None else milliseconds(at) // 1000

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        stamp = values.get(m.partner)
        return None if stamp is None else stamp // 1000

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        stamp = values.get(m.partner)
        return None if stamp is None else moment_text(moment(stamp - stamp % 1000))

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        at = parse_moment(values.get(m.salesforce))
        return Held(None, "Totango keeps a moment once it has one") if at is None else {m.partner: milliseconds(at)}


class Audit(Stamp):
    """When a record was last changed in Salesforce: told with something else, never a reason to write (T36)."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return None

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return None

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return True


class AuditText(Same):
    """Who changed a record last in Salesforce: as Audit."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return None

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return None

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return True


class StampDay(Same):
    """A day in Salesforce, a moment in Totango. Option *time_of_day*: "keep" its time, or "midnight"."""

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return day_of(values.get(m.partner))

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        day = values.get(m.salesforce)
        if not day:
            return Held(None, "Totango keeps a date once it has one")
        keep = m.options.get("time_of_day", "keep") == "keep"
        return {m.partner: stamp_of_day(day, keep_time_of=current.get(m.partner) if keep else None)}


class Closed(Same):
    """Open or closed in Totango, any status in Salesforce; another open one is no change (T45)."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        if "IsClosed" in values:
            return CLOSED if values["IsClosed"] is True else OPEN
        written = c.maps["status"].to_salesforce.get(CLOSED)  # what is about to be sent has no IsClosed
        return CLOSED if values.get(m.salesforce) == written else OPEN

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return not key

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        status = self.key_partner(m, values, c)
        return c.maps["status"].to_salesforce.get(status) or Held(status, "the status has no row in the map")

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        return {m.partner: self.key_sf(m, values, c)}


class Priority(Same):
    """A number in Totango. Option *unknown*: what a Salesforce priority without a row is there; it stays as it is."""

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        known = c.maps["priority"].to_partner.get(values.get(m.salesforce) or "")
        return int(known) if known is not None else m.options["unknown"]

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return not key

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        number = str(self.key_partner(m, values, c))
        return c.maps["priority"].to_salesforce.get(number) or Held(number, "the priority has no row in the map")

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        return {m.partner: self.key_sf(m, values, c)}


class UserEmail(Same):
    """A person: an e-mail address in Totango, a user's id in Salesforce. Nobody, or several: held back (T32).

    Option *reads*: where a row that was read holds the address, too.
    """

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        owner = values.get(m.salesforce)
        try:
            return canonical(owner) if owner else None
        except NotAnId:
            return owner

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return emails(values.get(m.partner))

    def agree(self, m: FieldMap, sf: Any, partner: Any, c: Context) -> bool:
        return bool(sf and partner and emails(c.owner_at_partner(sf)) == partner)

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return not key

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        mail = self.key_partner(m, values, c)
        known = c.owner_in_salesforce(mail) if mail else None
        known = known or c.options.owner_fallback_salesforce or None
        return known or Held(mail, "not one active user of Salesforce has this e-mail address")

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        owner = self.key_sf(m, values, c)
        read = values.get(m.options.get("reads", ""))  # also of a user who is no longer active
        known = read or (c.owner_at_partner(owner) if owner else None) or c.options.owner_fallback_partner or None
        return {m.partner: known} if known else Held(owner, "this owner has no e-mail address")


class ContactEmail(Same):
    """Who took part: e-mail addresses in Totango, one contact in Salesforce (T33). Option *reads*: its e-mail there.

    Of several participants it is the first whom exactly one contact has for an e-mail address (assumed).
    """

    def key_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return values.get(m.salesforce)

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return sorted(mail for one in values.get(m.partner) or () if (mail := emails(one)))

    def silent(self, m: FieldMap, key: Any, c: Context) -> bool:
        return not key

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        mails = [mail for one in values.get(m.partner) or () if (mail := emails(one))]
        found = (c.contact_in_salesforce(mail) for mail in mails)
        return next((one for one in found if one), None) or Held(
            mails, "no participant is one contact's e-mail address"
        )

    def to_partner(self, m: FieldMap, values: Values, c: Context, current: Values) -> Mapping[str, Any] | Held:
        if not values.get(m.salesforce):
            return Held(None, "nobody took part")
        mail = values.get(m.options["reads"])
        return {m.partner: [mail]} if mail else Held(values.get(m.salesforce), "this person has no e-mail address")


class CampaignSubject(Text):
    """The subject of a campaign touch, made of what the touch tells (T27)."""

    def _made(self, values: Values) -> str:
        return subject_of(
            CampaignTouch(
                str(values.get("kind") or ""),
                str(values.get("name") or ""),
                int(values.get("users_count") or 0),
                str(values.get("from") or ""),
            )
        )

    def key_partner(self, m: FieldMap, values: Values, c: Context) -> Any:
        return self._canon(self._made(values))

    def to_sf(self, m: FieldMap, values: Values, c: Context) -> Any:
        return self._made(values)


TOTANGO_LENSES: dict[str, Lens] = {
    "lines": Lines(),
    "stamp": Stamp(),
    "stamp_day": StampDay(),
    "audit": Audit(),
    "audit_text": AuditText(),
    "closed": Closed(),
    "priority": Priority(),
    "user_email": UserEmail(),
    "contact_email": ContactEmail(),
    "campaign_subject": CampaignSubject(),
}
