"""The table of fields and `decide`: total, no row in vain, and what an independently written oracle says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import product
from math import prod
from typing import Any

import pytest
from tests.crm_sync.verdict_cases import word
from tests.properties.reference.decide_oracle import field_level

from crm_sync import decide_rows
from crm_sync.decide import Decision, Grain, Mapped, Seen, View, decide, record_winner
from crm_sync.decide_rows import DIMENSIONS, ROWS, FieldCase, Fields, Opinion, Taken
from crm_sync.model import SALESFORCE, Direction, Policy, Write

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
#: How much later the partner's record changed.
ORDERS = {"salesforce_newer": -1.0, "same_second": 0.4, "partner_newer": 1.0}
BOOLS = (False, True)
#: Every value of every part of the oracle's question, in its words.
QUESTION: dict[str, tuple[Any, ...]] = {
    "left_changed": BOOLS,
    "left_silent": BOOLS,
    "right_changed": BOOLS,
    "right_silent": BOOLS,
    "flow": tuple(Direction),
    "conflict": tuple(Policy),
    "order": tuple(ORDERS),
    "tie": ("salesforce", "partner"),
    "grain": tuple(Grain),
    "others_left": BOOLS,
    "others_right": BOOLS,
    "write_in": tuple(Write),
    "write_out": tuple(Write),
    "agree": BOOLS,
}
#: Combinations in which every value of every part occurs, without those that differ only in what cannot matter: the
#: winner of ties where nothing is tied, other fields of the record where each field stands alone. Nightly asks all.
NUMBER_OF_CASES, NUMBER_OF_ALL_CASES = 69_120, 165_888


def questions(**other: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    dimensions = {**QUESTION, **other}
    for values in product(*dimensions.values()):
        yield dict(zip(dimensions, values, strict=True))


def matters(asked: dict[str, Any]) -> bool:
    alone = asked["grain"] is Grain.FIELD and (asked["others_left"] or asked["others_right"])
    untied = asked["order"] != "same_second" and asked["tie"] == "partner"
    return not alone and not untied


@cache
def views(
    left: tuple[bool, bool],
    right: tuple[bool, bool],
    order: str,
    flow: Direction,
    writes: tuple[Write, Write],
    shut: tuple[bool, bool] = (False, False),
) -> tuple[View, list[View]]:
    """What both sides show of one field; *left* and *right* tell whether it changed, and whether it is silent."""
    seen = {False: Seen.SAME, True: Seen.CHANGED}
    later = NOON + timedelta(seconds=ORDERS[order])
    return (
        View(SALESFORCE, seen[left[0]], "S", NOON, silent=left[1]),
        [View("Task", seen[right[0]], "P", later, flow, right[1], *writes, *shut)],
    )


def _agree(*_: Any) -> bool:
    return True


def _differ(*_: Any) -> bool:
    return False


def decided(asked: dict[str, Any]) -> Decision:
    """What `decide` says of a field of a record that has one more field."""
    left = asked["left_changed"], asked["left_silent"]
    right = asked["right_changed"], asked["right_silent"]
    writes, shut = (asked["write_in"], asked["write_out"]), (asked.get("shut_in", False), asked.get("shut_out", False))
    salesforce, partner = views(left, right, asked["order"], asked["flow"], writes, shut)
    conflict, agree, tie = asked["conflict"], _agree if asked["agree"] else _differ, asked["tie"]
    record = ""
    if asked["grain"] is Grain.RECORD:
        others = (asked["others_left"], False), (asked["others_right"], False)
        other = Mapped(*views(*others, asked["order"], Direction.BOTH, (Write.ALWAYS, Write.ALWAYS)), _differ)
        record = record_winner([Mapped(salesforce, partner, agree), other], conflict, tie=tie)
    return decide(salesforce, partner, conflict, agree, record=record, tie=tie)


def expected_of(asked: dict[str, Any]) -> tuple[str, str]:
    spoken = {"flow", "conflict", "write_in", "write_out"}
    return field_level(**{name: word(value) if name in spoken else value for name, value in asked.items()})


def in_the_oracles_words(decision: Decision) -> tuple[str, str]:
    sides: dict[str | None, str] = {None: "", SALESFORCE: "salesforce", "Task": "partner"}
    losers: list[str | None] = [one.replica for one in decision.losers]
    (loser,) = losers or [None]
    return sides[decision.winner], sides[loser]


def every_answer_is_the_oracles(asked_for: Iterable[dict[str, Any]]) -> int:
    """How many questions were asked; all the answers are what the oracle says."""
    wrong = []
    winners: Counter[str] = Counter()
    for asked in asked_for:
        decision, expected = decided(asked), expected_of(asked)
        winners[expected[0]] += 1
        if expected != in_the_oracles_words(decision):
            wrong.append((asked, expected, decision))
        assert decision.targets == {None: (), SALESFORCE: ("Task",), "Task": (SALESFORCE,)}[decision.winner]

    assert [] == wrong[:5]
    assert min(winners.values()) > 100
    return winners.total()


@pytest.mark.rule("P24", "T9", "M4", "M5", "M7", "M22", "I5", "I7", "F19")
def test_every_field_is_decided_as_the_oracle_says() -> None:
    """All cases of one field, beside another field of its record, are decided as the oracle says."""
    assert NUMBER_OF_CASES == every_answer_is_the_oracles(filter(matters, questions()))


@pytest.mark.rule("T14", "T20", "T23", "F58")
def test_a_way_that_is_shut_keeps_everything_as_it_is() -> None:
    """A value that won and may not pass replaces nothing, and is not replaced."""
    settled = {"conflict": (Policy.NEWEST,), "tie": (SALESFORCE,), "write_in": (Write.ALWAYS,)}
    shut = {"shut_in": BOOLS, "shut_out": BOOLS}

    asked = questions(**settled, write_out=(Write.ALWAYS,), agree=(False,), **shut)
    assert 3_840 == every_answer_is_the_oracles(filter(matters, asked))


@pytest.mark.nightly
def test_every_field_is_decided_as_the_oracle_says_in_any_case() -> None:
    """The same for every combination there is."""
    assert NUMBER_OF_ALL_CASES == every_answer_is_the_oracles(questions())


def test_the_table_of_fields_is_total_and_no_row_is_in_vain() -> None:
    """Some row holds for each case, and each row decides some."""
    *of_rows, undecided = decide_rows.field_verdict.table.counts()

    assert 0 == undecided
    assert [] == [row for row, cases in zip(ROWS, of_rows, strict=True) if not cases]
    assert prod(map(len, DIMENSIONS.values())) == sum(of_rows)


RULES = sorted({rule for row in ROWS for rule in row.rule.split()})


@pytest.mark.rule("P24", "T9", "M4", "M5", "M7", "M22", "I7", "F57")
@pytest.mark.parametrize("rule", RULES)
def test_a_row_of_fields_that_breaks_its_rule_is_caught(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row that names the rule, made to say something else, makes `decide` say something else than the oracle."""
    for n, row in enumerate(ROWS):
        if rule not in row.rule.split():
            continue
        for other in set(Taken) - {row.then}:
            monkeypatch.setattr(
                "crm_sync.decide.field_verdict", Fields((*ROWS[:n], replace(row, then=other), *ROWS[n + 1 :]))
            )
            assert any(_differs(asked) for asked in _questions_for(n)), (row, other)


def _questions_for(n: int) -> list[dict[str, Any]]:
    """Questions that the row decides: a handful, with every answer to what the row leaves open in the record."""
    table = decide_rows.field_verdict.table
    opinions = {Opinion.SAME: (False, False), Opinion.CHANGED: (True, False), Opinion.SILENT: (True, True)}
    found = []
    for values in product(*(tuple(ROWS[n].when.get(name, known)) for name, known in DIMENSIONS.items())):
        case = FieldCase._make(values)
        if table.first(case) != n:
            continue
        changed = [opinions[case.left], opinions[case.right]]
        found.append(
            {
                "left_changed": changed[0][0],
                "left_silent": changed[0][1],
                "right_changed": changed[1][0],
                "right_silent": changed[1][1],
                "flow": case.flow,
                "conflict": Policy.NEWEST,
                "order": "same_second",
                "tie": case.record or case.prefers,
                "grain": Grain.RECORD if case.record else Grain.FIELD,
                "others_left": bool(case.record),
                "others_right": bool(case.record),
                "write_in": case.write_in,
                "write_out": case.write_out,
                "agree": case.agree,
            }
        )
    assert found
    return found


def _differs(asked: dict[str, Any]) -> bool:
    try:
        return expected_of(asked) != in_the_oracles_words(decided(asked))
    except ValueError:  # a broken table may name two losers
        return True


@pytest.mark.rule("T9")
@pytest.mark.parametrize(("later", "winner"), [(-5, SALESFORCE), (5, "partner")])
def test_one_winner_for_the_record(later: int, winner: str) -> None:
    """Disjoint edits: by record, the later record takes both fields, and the other's edit is named as given up."""
    salesforce = [View(SALESFORCE, seen, "S", NOON) for seen in (Seen.CHANGED, Seen.SAME)]
    after = NOON + timedelta(seconds=later)
    partner = [[View("Task", seen, "P", after, Direction.BOTH)] for seen in (Seen.SAME, Seen.CHANGED)]
    fields = [Mapped(left, right, _differ) for left, right in zip(salesforce, partner, strict=True)]

    record = record_winner(fields, Policy.NEWEST)
    by_record = [decide(f.salesforce, f.partner, Policy.NEWEST, f.agree, record=record) for f in fields]
    by_field = [decide(f.salesforce, f.partner, Policy.NEWEST, f.agree) for f in fields]

    replica = {SALESFORCE: SALESFORCE, "partner": "Task"}[winner]
    assert (winner, [replica, replica]) == (record, [one.winner for one in by_record])
    assert [1] == [len(one.losers) for one in by_record if one.losers]
    assert [SALESFORCE, "Task"] == [one.winner for one in by_field]
    assert [] == [one for one in by_field if one.losers]


def changed(replica: str, value: str, after: int, **options: Any) -> View:
    flow = Direction.OFF if replica == SALESFORCE else Direction.BOTH
    return View(replica, Seen.CHANGED, value, NOON + timedelta(seconds=after), flow, **options)


@pytest.mark.rule("T9")
def test_the_last_change_of_any_field_counts_for_the_record() -> None:
    """Salesforce changed one field before and one after the partner's changes: it has the record."""
    fields = [Mapped(changed(SALESFORCE, "S", after), [changed("Task", "P", 5)], _differ) for after in (0, 10)]

    assert SALESFORCE == record_winner(fields, Policy.NEWEST)
    assert SALESFORCE == record_winner(fields[::-1], Policy.NEWEST)
    assert "partner" == record_winner(fields[:1], Policy.NEWEST)


@pytest.mark.rule("T9", "T31")
@pytest.mark.parametrize("once", [{"write_in": Write.ONCE}, {"write_out": Write.NEVER}])
def test_what_is_written_once_is_no_matter_of_dispute(once: dict[str, Write]) -> None:
    """A field that one side is not written in does not make a record one that both changed."""
    written_once = Mapped(changed(SALESFORCE, "S", 0), [changed("Task", "P", 5, **once)], _differ)

    assert "" == record_winner([written_once], Policy.NEWEST)


@pytest.mark.rule("P1", "T31")
def test_a_replica_that_is_not_written_or_not_heard() -> None:
    """The Task changed last but is not heard, and not written: the Conversation's value goes to Salesforce alone."""
    task = changed("Task", "T", 9, write_in=Write.ONCE, write_out=Write.ONCE)
    salesforce = View(SALESFORCE, Seen.SAME, "S", NOON)

    decision = decide(salesforce, [task, changed("Conversation", "C", 5)], Policy.NEWEST, _differ)

    assert Decision("Conversation", (SALESFORCE,), ()) == decision


@pytest.mark.rule("I5")
@pytest.mark.parametrize(
    ("write_in", "after", "expected"),
    [
        (Write.ALWAYS, 5, ("Task", SALESFORCE, "newest")),
        (Write.ALWAYS, -5, (SALESFORCE, "Task", "newest")),
        (Write.ONCE, -5, ("Task", SALESFORCE, "direction")),
    ],
)
def test_the_conflict_log_tells_why(write_in: Write, after: int, expected: tuple[str, str, str]) -> None:
    """A value is given up by the section's rule, or because of where the field travels."""
    decision = decide(
        changed(SALESFORCE, "S", 0), [changed("Task", "P", after, write_in=write_in)], Policy.NEWEST, _differ
    )

    ((loser, policy),) = [(one.replica, one.policy) for one in decision.losers]
    assert expected == (decision.winner, loser, policy)


@pytest.mark.rule("P1", "T9")
def test_a_record_won_by_the_partner_speaks_with_its_latest_replica() -> None:
    """Nobody but Salesforce changed the field, but the partner won the record: its later replica gives the value."""
    replicas = [
        View(name, Seen.SAME, name[0], NOON + timedelta(seconds=after), Direction.BOTH)
        for name, after in (("Conversation", 5), ("Task", 9))
    ]

    decision = decide(changed(SALESFORCE, "S", 0), replicas, Policy.NEWEST, _differ, record="partner")

    assert ("Task", {SALESFORCE, "Conversation"}) == (decision.winner, set(decision.targets))


@pytest.mark.rule("T9")
def test_a_field_whose_values_agree_is_no_matter_of_dispute() -> None:
    """Both sides changed a field to the same value: that alone does not make the record one that both changed."""
    agreed = Mapped(changed(SALESFORCE, "X", 0), [changed("Task", "X", 5)], _agree)

    assert "" == record_winner([agreed], Policy.NEWEST)
