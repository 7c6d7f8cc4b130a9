"""A section's rules in the words of a verdict: what `verdict` has to know of the settings. Pure."""

from __future__ import annotations

from crm_sync.model import SALESFORCE, Section
from crm_sync.verdict_words import (
    DELETED,
    Case,
    Creation,
    Deletions,
    LinkState,
    Order,
    Presence,
    Scope,
)


def case_of(
    section: Section,
    left: Presence,
    right: Presence,
    link: LinkState,
    *,
    order: Order = Order.SAME_SECOND,
    scope_in: Scope = Scope.IN,
    scope_out: Scope = Scope.IN,
) -> Case:
    """The case of one pair in a section. *order* as `verdict_words.order` says it; ties go where the section says."""
    rules = section.rules
    if order is Order.SAME_SECOND and rules.tie != SALESFORCE:
        order = Order.PARTNER_NEWER
    return Case(
        left=left,
        right=right,
        link=link,
        direction=section.direction,
        conflict=section.conflict,
        deletions=_deletions(section, left, right),
        create_in=_creation(rules.create_in, backfill=section.backfill),
        create_out=_creation(rules.create_out, backfill=section.backfill),
        updates=rules.updates,
        order=order,
        scope_in=scope_in,
        scope_out=scope_out,
    )


def scope_without_parent(section: Section) -> Scope:
    """Where a record stands whose parent the other side does not know: it may be sent without one."""
    return {"wait": Scope.PARENT_AWAITED, "skip": Scope.PARENT_MISSING}.get(section.rules.parent_missing, Scope.IN)


def _deletions(section: Section, left: Presence, right: Presence) -> Deletions:
    """What the section does with the deletion at hand: only one that it carries that way is more than a tombstone."""
    rules = section.rules
    carried = (left is DELETED and rules.delete_in) or (right is DELETED and rules.delete_out)
    if not carried:
        return Deletions.KEEP_SURVIVOR
    return Deletions.DELETE_WINS if rules.delete_wins else Deletions.LAST_WRITE_WINS


def _creation(allowed: bool, *, backfill: bool) -> Creation:
    if not allowed:
        return Creation.NO
    return Creation.ALL if backfill else Creation.NEW
