"""A section's rules in the words of a verdict, and the two tables together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from crm_sync.decide import Mapped, Seen, View, record_winner
from crm_sync.model import SALESFORCE, Direction, Policy, Rules, Section
from crm_sync.verdict import Action, Case, Creation, Deletions, LinkState, Order, Presence, Scope, order, verdict
from crm_sync.verdict_case import case_of, scope_without_parent

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def section(direction: Direction = Direction.BOTH, *, backfill: bool = False, **rules: Any) -> Section:
    return Section("Task", "Task", direction, (), backfill=backfill, rules=Rules(**rules))


@pytest.mark.rule("P25", "T39", "T40", "T41")
@pytest.mark.parametrize(
    ("left", "right", "rules", "action"),
    [
        ("deleted", "same", {}, Action.BURY),
        ("deleted", "same", {"delete_in": True}, Action.DELETE_PARTNER),
        ("deleted", "same", {"delete_out": True}, Action.BURY),
        ("same", "deleted", {"delete_out": True}, Action.DELETE_SALESFORCE),
        ("same", "deleted", {"delete_in": True}, Action.BURY),
        ("deleted", "deleted", {}, Action.BURY),
        ("deleted", "deleted", {"delete_in": True, "delete_out": True}, Action.DROP_LINK),
        ("deleted", "changed", {"delete_in": True, "delete_wins": False}, Action.DELETE_PARTNER),
        ("deleted", "changed", {"delete_in": True, "delete_wins": False, "tie": "partner"}, Action.CREATE_SALESFORCE),
    ],
)
def test_a_deletion_goes_where_the_section_carries_it(
    left: str, right: str, rules: dict[str, Any], action: Action
) -> None:
    """Each way has its own switch, and ties go where the section says."""
    case = case_of(section(**rules), Presence(left), Presence(right), LinkState.LIVE)

    assert action is verdict(case).action


@pytest.mark.rule("T13", "T24", "P29")
@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, (Action.CREATE_PARTNER, Action.SKIP)),
        ({"create_in": False}, (Action.SKIP, Action.SKIP)),
        ({"create_out": False}, (Action.CREATE_PARTNER, Action.SKIP)),
        ({"backfill": True}, (Action.CREATE_PARTNER, Action.CREATE_PARTNER)),
        ({"backfill": True, "create_in": False}, (Action.SKIP, Action.SKIP)),
    ],
)
def test_what_is_made_at_the_partner(rules: dict[str, Any], expected: tuple[Action, Action]) -> None:
    """New records only where the switch is on; older ones only for a back-fill."""
    one = section(backfill=rules.pop("backfill", False), **rules)
    made = [case_of(one, Presence(left), Presence.ABSENT, LinkState.NONE) for left in ("changed", "past")]

    assert expected == tuple(verdict(case).action for case in made)


@pytest.mark.rule("P27", "T11", "T20")
@pytest.mark.parametrize(
    ("policy", "action"),
    [
        ("wait", Action.WAIT),
        ("skip", Action.SKIP),
        ("send", Action.CREATE_SALESFORCE),
        ("omit", Action.CREATE_SALESFORCE),
    ],
)
def test_a_record_without_its_parent(policy: str, action: Action) -> None:
    """It waits, is passed over, or goes without, as the section says."""
    one = section(parent_missing=policy)
    case = case_of(one, Presence.ABSENT, Presence.CHANGED, LinkState.NONE, scope_out=scope_without_parent(one))

    assert action is verdict(case).action


def test_a_section_is_told_whole() -> None:
    """Nothing that a verdict depends on is left at its default."""
    one = Section(
        "Task", "Task", Direction.SEND, (), conflict=Policy.PARTNER, rules=Rules(create_in=False, updates=False)
    )
    told = case_of(
        one,
        Presence.SAME,
        Presence.CHANGED,
        LinkState.DORMANT,
        order=Order.SALESFORCE_NEWER,
        scope_in=Scope.FILTERED,
        scope_out=Scope.EXCLUDED,
    )

    assert told == Case(
        Presence.SAME,
        Presence.CHANGED,
        LinkState.DORMANT,
        Direction.SEND,
        Policy.PARTNER,
        Deletions.KEEP_SURVIVOR,
        Creation.NO,
        Creation.NEW,
        updates=False,
        order=Order.SALESFORCE_NEWER,
        scope_in=Scope.FILTERED,
        scope_out=Scope.EXCLUDED,
    )


@pytest.mark.rule("P24", "T9")
def test_records_and_fields_favour_the_same_side() -> None:
    """Where both sides changed, the verdict on the records and the winner of the record are one."""
    for policy, later, partner_ties in product(Policy, (-1, 0, 1), (False, True)):
        at = NOON + timedelta(seconds=later)
        last = order(NOON, at, partner_wins_ties=partner_ties)
        case = Case(Presence.CHANGED, Presence.CHANGED, LinkState.LIVE, conflict=policy, order=last)
        views = View(SALESFORCE, Seen.CHANGED, "S", NOON), [View("Task", Seen.CHANGED, "P", at, Direction.BOTH)]
        tie = "partner" if partner_ties else SALESFORCE

        assert verdict(case).favours == record_winner([Mapped(*views, lambda *_: False)], policy, tie=tie)
