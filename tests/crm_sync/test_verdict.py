"""The table of verdicts: total, no row in vain, and what an independently written oracle says, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.crm_sync.verdict_cases import (
    a_case_of,
    all_cases,
    asked,
    cases_of,
    disagreements,
    said,
    with_another_action,
    word,
)
from tests.properties.reference.decide_oracle import record_level

from crm_sync.model import Direction, Policy
from crm_sync.tables import Table
from crm_sync.verdict import (
    DIMENSIONS,
    ROWS,
    Action,
    Case,
    Creation,
    Deletions,
    LinkState,
    Order,
    Presence,
    Scope,
    Verdicts,
    order,
    verdict,
)

RULES = sorted({rule for row in ROWS for rule in row.rule.split()})
#: All cases, and those without the ones that differ only in the scope of a way that the direction does not lead.
NUMBER_OF_ALL_CASES, NUMBER_OF_CASES = 8_748_000, 3_149_280


def every_case_is_the_oracles(**only: tuple[Any, ...]) -> int:
    """How many cases were asked for; each is decided by the row that is counted for it, and as the oracle says."""
    decided = [0] * len(ROWS)
    in_words = [said(answer) for answer in verdict.answers]
    wrong = []
    dimensions = {**DIMENSIONS, **only}
    words = ([word(value) for value in values] for values in dimensions.values())
    for case, question in zip(all_cases(**only), product(*words), strict=True):
        row = verdict(case).row
        decided[row] += 1
        if record_level(*question) != in_words[row]:
            wrong.append((case, in_words[row], record_level(*question)))

    assert [] == wrong[:5]
    assert decided == Table(ROWS, dimensions).counts()[:-1]
    return sum(decided)


@pytest.mark.rule("P24", "P25", "T9", "T41", "M21", "M22", "I5", "I6", "I7")
def test_every_case_is_decided_as_the_oracle_says() -> None:
    """One by one; a way that the direction does not lead has no scope of its own here."""
    led = {
        direction: {
            "direction": (direction,),
            "scope_in": tuple(Scope) if direction.receives else (Scope.IN,),
            "scope_out": tuple(Scope) if direction.sends else (Scope.IN,),
        }
        for direction in Direction
    }

    assert NUMBER_OF_CASES == sum(every_case_is_the_oracles(**only) for only in led.values())


@pytest.mark.nightly
def test_every_case_is_decided_as_the_oracle_says_in_any_case() -> None:
    """The same for all that can be said, scopes that cannot matter among it."""
    assert NUMBER_OF_ALL_CASES == every_case_is_the_oracles() == prod(map(len, DIMENSIONS.values()))


def test_the_table_is_total_and_no_row_is_in_vain() -> None:
    """Some row holds for each case, and each row decides some."""
    *of_rows, undecided = verdict.table.counts()

    assert 0 == undecided
    assert [] == [row for row, cases in zip(ROWS, of_rows, strict=True) if not cases]


def test_a_hole_and_a_row_in_vain_are_found() -> None:
    """A table without its last row leaves cases undecided; a row said twice decides nothing the second time."""
    last = verdict.table.counts()[len(ROWS) - 1]

    assert last == Verdicts(ROWS[:-1]).table.counts()[-1]
    assert 0 == Verdicts((*ROWS, ROWS[0])).table.counts()[len(ROWS)]


@pytest.mark.rule(
    "P24", "P25", "T9", "T13", "T24", "T30", "T41", "M21", "M22", "I6", "I7", "F15", "F22", "F26", "F36", "F57"
)
@pytest.mark.parametrize("rule", RULES)
def test_a_row_that_breaks_its_rule_is_caught(rule: str) -> None:
    """Each row that names the rule, made to say something else, is found out by the oracle."""
    naming = [n for n, row in enumerate(ROWS) if rule in row.rule.split()]
    alive = []
    for n in naming:
        mutant = Verdicts([*ROWS[:n], with_another_action(ROWS[n]), *ROWS[n + 1 :]])
        if not disagreements(mutant, [a_case_of(n)]):
            alive.append(ROWS[n])

    assert naming
    assert [] == alive


@pytest.mark.rule("I5")
def test_a_row_that_favours_the_wrong_side_is_caught() -> None:
    """Each row, made to favour another side, is found out by the oracle."""
    for n, row in enumerate(ROWS):
        other = {"salesforce": "partner", "partner": "", "": "salesforce"}[row.favours]
        mutant = Verdicts([*ROWS[:n], replace(row, favours=other), *ROWS[n + 1 :]])
        assert disagreements(mutant, [a_case_of(n)]), row


@pytest.mark.rule("I6", "I7", "P25")
def test_what_every_row_that_writes_needs() -> None:
    """Deleting needs evidence, a live link, a direction and a policy; creating needs an empty place and a direction."""
    mirrored = {"partner": ("left", "right", Direction.SEND), "Salesforce": ("right", "left", Direction.RECEIVE)}
    for row, (place, (source, target, against)) in product(ROWS, mirrored.items()):
        if not row.then.value.endswith(place):
            continue
        for case in islice(cases_of(ROWS.index(row)), 5_000):
            assert case.direction not in {against, Direction.OFF}
            if row.then in {Action.DELETE_PARTNER, Action.DELETE_SALESFORCE}:
                assert Presence.DELETED is getattr(case, source)
                assert Presence.DELETED is not getattr(case, target)
                assert (LinkState.LIVE, True) == (case.link, case.deletions is not Deletions.KEEP_SURVIVOR)
            if row.then in {Action.CREATE_PARTNER, Action.CREATE_SALESFORCE}:
                empty = {LinkState.NONE: Presence.ABSENT, LinkState.LIVE: Presence.DELETED}[case.link]
                assert empty is getattr(case, target)
                allowed = case.create_in if place == "partner" else case.create_out
                assert allowed is not Creation.NO


def mirror(case: Case) -> Case:
    """The same case with the sides changed over."""
    return Case(
        left=case.right,
        right=case.left,
        link=case.link,
        direction={Direction.SEND: Direction.RECEIVE, Direction.RECEIVE: Direction.SEND}.get(
            case.direction, case.direction
        ),
        conflict=next(p for p in Policy if word(p) == _OTHER.get(word(case.conflict), word(case.conflict))),
        deletions=case.deletions,
        create_in=case.create_out,
        create_out=case.create_in,
        updates=case.updates,
        order={
            Order.SALESFORCE_NEWER: Order.PARTNER_NEWER,
            Order.PARTNER_NEWER: Order.SALESFORCE_NEWER,
        }[case.order],
        scope_in=case.scope_out,
        scope_out=case.scope_in,
    )


_OTHER = {
    "salesforce": "partner",
    "partner": "salesforce",
    "create_partner": "create_salesforce",
    "create_salesforce": "create_partner",
    "delete_partner": "delete_salesforce",
    "delete_salesforce": "delete_partner",
}
unequal = {**DIMENSIONS, "order": (Order.SALESFORCE_NEWER, Order.PARTNER_NEWER)}


@pytest.mark.rule("T10")
@given(st.tuples(*map(st.sampled_from, unequal.values())).map(Case._make))
def test_neither_side_is_special_but_for_ties(case: Case) -> None:
    """With the sides changed over, the verdict is changed over."""
    action, favours = said(verdict(case))

    assert (_OTHER.get(action, action), _OTHER.get(favours, favours)) == said(verdict(mirror(case)))


@pytest.mark.nightly
def test_neither_side_is_special_in_any_case() -> None:
    """The same for every case there is."""
    for case in all_cases(order=unequal["order"]):
        action, favours = said(verdict(case))
        assert (_OTHER.get(action, action), _OTHER.get(favours, favours)) == said(verdict(mirror(case)))


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.rule("P24", "T9", "F56", "F57")
@pytest.mark.parametrize(
    ("partner_after", "resolution", "expected"),
    [
        (-1.0, 1, Order.SALESFORCE_NEWER),
        (0.0, 1, Order.SAME_SECOND),
        (0.999, 1, Order.SAME_SECOND),
        (1.0, 1, Order.PARTNER_NEWER),
        (59.0, 60, Order.SAME_SECOND),
        (60.0, 60, Order.PARTNER_NEWER),
    ],
)
def test_order(partner_after: float, resolution: int, expected: Order) -> None:
    """Both moments are cut to the resolution before they are compared."""
    later = NOON + timedelta(seconds=partner_after)

    assert expected is order(NOON, later, resolution_seconds=resolution)


@pytest.mark.rule("P24", "T9", "F56")
@pytest.mark.parametrize(
    ("partner_after", "expected"),
    [
        (-91.0, Order.SALESFORCE_NEWER),
        (-90.0, Order.SAME_SECOND),
        (90.0, Order.SAME_SECOND),
        (91.0, Order.PARTNER_NEWER),
    ],
)
def test_nobody_knows_what_came_first_within_what_the_clocks_are_apart(partner_after: float, expected: Order) -> None:
    """Within the difference the rule for ties decides; beyond it the later one is the later one."""
    assert expected is order(NOON, NOON + timedelta(seconds=partner_after), apart_seconds=90)


def test_a_tie_or_an_unknown_moment_goes_to_the_side_that_wins_ties() -> None:
    """Equal seconds and unknown moments decide nothing by themselves."""
    assert Order.SAME_SECOND is order(None, NOON) is order(NOON, None) is order(NOON, NOON)
    assert Order.PARTNER_NEWER is order(None, NOON, partner_wins_ties=True) is order(NOON, NOON, partner_wins_ties=True)


def test_the_oracle_is_asked_in_its_own_words() -> None:
    """The oracle and the sync name the same case."""
    case = Case(Presence.CHANGED, Presence.ABSENT, LinkState.NONE, direction=Direction.RECEIVE)

    assert ("create_partner", "") == asked(case)
