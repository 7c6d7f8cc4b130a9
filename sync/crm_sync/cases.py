"""Which case of the table of verdicts an activity is. No network, no state, no clock.

The table (verdict.py) speaks of one Salesforce record and one record of the partner's. Where the partner has several,
one after the other (Planhat's Task and Conversation), they count as one: it is deleted when all of them are.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from crm_sync.decide import Seen
from crm_sync.known import Known
from crm_sync.mapping import key_of
from crm_sync.model import SALESFORCE, Activity, FieldMap, Record, Section, named_value
from crm_sync.verdict import Case, Deletions, LinkState, Presence, Scope, order
from crm_sync.verdict_case import case_of as section_case
from crm_sync.verdict_case import scope_without_parent


def seen(activity: Activity, known: Known, replica: str, mapped: FieldMap, key: object) -> Seen:
    """Did this value change since both sides last agreed?"""
    base = activity.link.base if activity.link else {}
    name = mapped.salesforce
    agreed = base.get(replica, {})
    if name in agreed:
        return Seen.SAME if agreed[name] == key else Seen.CHANGED
    earlier = base.get(known.profile.continues.get(replica, ""), {})
    if replica not in base and name in earlier:
        if mapped.lens == "day":
            # Planhat stamps the day of logging on it; nobody said that the due date moved (I4).
            return Seen.SAME
        # A Conversation that continues its Task starts from what the Task agreed on (P1, P8).
        return Seen.SAME if earlier[name] == key else Seen.CHANGED
    if base and not any(name in values for values in base.values()):
        # Mapped after the link was made: it starts from today's values (P29); a back-fill brings them over (F38).
        backfill = any(one.backfill for one in known.sections if one.salesforce == activity.sf_object)
        filled = (backfill or _first_met(activity, known, base, name)) and key is not None and key != ""
        return Seen.CHANGED if filled else Seen.SAME
    # Two that were never in agreement: what one of them leaves empty is not taken from the other (I5).
    return Seen.SAME if key is None or key == "" else Seen.CHANGED


def _first_met(activity: Activity, known: Known, base: Container[str], name: str) -> bool:
    """Is a field met for the first time, for only a later model's section maps it, and a record of that just came?"""
    sections = [known.section_of(model, activity.sf_object) for model in activity.partners if model not in base]
    return any(mapped.salesforce == name for section in sections if section for mapped in section.fields)


def deciding(activity: Activity, known: Known) -> Section | None:
    """The section whose policies decide: the later model's, of what is there; of a lone Salesforce record, the first
    that receives.
    """
    if activity.link is None and not activity.partners:
        offered = [s for m in known.profile.models if (s := known.section_of(m, activity.sf_object)) is not None]
        return next((one for one in offered if one.direction.receives), offered[0] if offered else None)
    present = [s for m in known.profile.models if (s := known.section_of(m, activity.sf_object)) and _has(activity, m)]
    if activity.link is None and activity.salesforce is None:
        present = [one for one in present if one.direction.sends] or present
    return present[-1] if present else None


def _has(activity: Activity, model: str) -> bool:
    return model in activity.partners or (activity.link is not None and model in activity.link.ids)


def case_of(activity: Activity, section: Section, known: Known) -> tuple[Case, str]:
    """The case, and in words why it is out of scope ("" when it is not)."""
    rules, link = section.rules, activity.link
    left, right = _left(activity, section, known), _right(activity, section, known)
    ways, why = _scopes(activity, section, known, right)
    last = order(
        _stamp(activity.salesforce),
        activity.gone.get(section.model) or _stamp(activity.partners.get(section.model)),
        resolution_seconds=rules.resolution_seconds,
        apart_seconds=known.apart_seconds,
    )
    case = section_case(section, left, right, LinkState.NONE, order=last, **ways)
    if link is None:
        state = LinkState.KEYED if activity.claimed_sf_id else LinkState.NONE
    elif link.dormant:
        state = LinkState.DORMANT
    elif link.dead and (case.deletions is Deletions.KEEP_SURVIVOR or left is right):
        state = LinkState.TOMBSTONE
    else:
        state = LinkState.LIVE
    return case._replace(link=state), why


def _stamp(record: Record | None) -> datetime | None:
    if record is None:
        return None
    return record.changed_at if record.deleted else record.edited_at


def _left(activity: Activity, section: Section, known: Known) -> Presence:
    record, link = activity.salesforce, activity.link
    if (link is not None and SALESFORCE in link.deleted) or (record is not None and record.deleted):
        return Presence.DELETED
    if record is None:
        return Presence.ABSENT if link is None else Presence.SAME
    if link is None:
        return Presence.CHANGED
    changed = any(
        seen(activity, known, SALESFORCE, m, key_of(record, m, known.context)) is Seen.CHANGED for m in section.fields
    )
    return Presence.CHANGED if changed else Presence.SAME


def _right(activity: Activity, section: Section, known: Known) -> Presence:
    link = activity.link
    if link is not None and link.ids and not any(link.lives(model) for model in link.ids):
        return Presence.DELETED
    if not activity.partners:
        return Presence.ABSENT if link is None else Presence.SAME
    if link is None:
        return Presence.CHANGED
    record = activity.partners.get(section.model)
    changed = record is not None and any(
        seen(activity, known, section.model, m, key_of(record, m, known.context)) is Seen.CHANGED
        for m in section.fields
    )
    return Presence.CHANGED if changed else Presence.SAME


def _scopes(activity: Activity, section: Section, known: Known, right: Presence) -> tuple[dict[str, Scope], str]:
    """Which way takes part, and why one does not."""
    found: dict[str, Scope] = {}
    why = ""
    sleeps = activity.link is not None and activity.link.dormant
    if sleeps and activity.partners and section.model not in activity.partners:
        # What it continues is read, and it is not: its type takes no part, and so does the pair (P6).
        return dict.fromkeys(("scope_in", "scope_out"), Scope.EXCLUDED), "its counterpart takes no part at present"
    if activity.shut_in:
        found["scope_in"], why = Scope.FILTERED, activity.shut_in
    if activity.shut_out:
        found["scope_out"], why = Scope.FILTERED, activity.shut_out
    elif activity.link is not None and right is Presence.CHANGED and _asks_for_parent(section):
        parent = activity.partners[section.model].get(section.parent_field)
        if known.account_of_parent(parent) is None:
            found["scope_out"] = Scope.PARENT_MISSING
            why = why or known.profile.raw["partner"]["texts"]["no_account"]
    if found or activity.link is not None or activity.claimed_sf_id:
        return found, why
    scope, why = _scope_of_new(activity, section, known)
    return {"scope_in" if activity.salesforce is not None else "scope_out": scope}, why


def _asks_for_parent(section: Section) -> bool:
    return section.direction.sends and section.rules.parent_missing == "skip"


def _scope_of_new(activity: Activity, section: Section, known: Known) -> tuple[Scope, str]:
    """Does a pair that is no pair yet take part?"""
    if activity.salesforce is not None:
        return _scope_in(activity.salesforce, section, known)
    record = activity.partners[section.model]
    new = named_value(record, section.rules.exclude_new)
    if new:
        return Scope.EXCLUDED, f"{new}: no record is made for it"
    without = scope_without_parent(section)
    if known.context.options.unmatched_company == "send" and without is Scope.PARENT_AWAITED:
        without = Scope.IN  # Planhat's own option: a Task without related record (P27)
    if without is not Scope.IN and known.account_of_parent(record.get(section.parent_field)) is None:
        return without, known.profile.raw["partner"]["texts"]["no_account"]
    return Scope.IN, ""


def excluded_in(record: Record, section: Section) -> str:
    """Why a Salesforce record never comes in, whoever it belongs to (T1, F34); "" when it may."""
    if record.get("IsRecurrence"):
        return "a series of recurring Tasks is not a Task; its occurrences are"
    return named_value(record, section.rules.exclude_salesforce)


def _scope_in(record: Record, section: Section, known: Known) -> tuple[Scope, str]:
    if record.deleted:
        return Scope.IN, ""
    excluded = excluded_in(record, section)
    if excluded:
        return Scope.EXCLUDED, excluded
    only_completed = known.context.options.receive_only_completed
    planned = "IsClosed" in record.values and not record.get("IsClosed")
    if section.model in known.profile.continues and only_completed and planned:
        return Scope.FILTERED, "not completed yet; a Conversation is logged when it is"
    without = scope_without_parent(section)
    if without is not Scope.IN and known.parent_of(record, section) is None:
        account = known.account_of(record, section)
        text = known.profile.raw["partner"]["texts"]["no_parent"]
        why = text.format(account=account) if account else "the Salesforce record belongs to no account"
        return without, why
    return Scope.IN, ""
