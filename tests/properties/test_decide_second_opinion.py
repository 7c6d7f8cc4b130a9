"""The sync's decisions against a second oracle, which another author wrote from the rules alone.

Both oracles may err alike; two that were written apart, less so. Where they first differed is in
`reference/decide_reconciled.py`. In two classes the rules bore the second out: the table and the first oracle gave way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from tests.crm_sync.verdict_cases import a_case_of, all_cases, said, with_another_action, word
from tests.properties.reference import decide_oracle, decide_second_oracle
from tests.properties.reference.decide_reconciled import COMMON, FIELDS, RECORDS, Reconciled, ReconciledField

from crm_sync.verdict import DIMENSIONS, ROWS, Verdicts, verdict

NAMES = tuple(DIMENSIONS)
WORDS = {value: word(value) for values in DIMENSIONS.values() for value in values}
VALUES = {name: {str(word(value)): value for value in values} for name, values in DIMENSIONS.items()}
VALUES["updates"] = {"yes": True, "no": False}
LED = tuple(value for value in DIMENSIONS["direction"] if WORDS[value] != "off")

# Nine settings in which each two of these four meet in every combination (an orthogonal array of strength two).
FOUR = ("conflict", "create_in", "create_out", "order")
NINE = tuple((a, b, (a + b) % 3, (a + 2 * b) % 3) for a in range(3) for b in range(3))


def _told(case: Any) -> tuple[Any, ...]:
    return tuple(WORDS[getattr(case, name)] for name in NAMES)


def _case(told: dict[str, str]) -> Any:
    return next(all_cases(**{name: (VALUES[name][value],) for name, value in told.items()}))


def _second(told: tuple[Any, ...]) -> tuple[str, str]:
    return decide_second_oracle.record_level(*told)


def _differences(cases: Iterable[Any]) -> tuple[int, list[str]]:
    """How many cases the table and the second oracle were asked, and the first few differences."""
    asked = 0
    differ: list[str] = []
    for case in cases:
        asked += 1
        told = _told(case)
        table, second = said(verdict(case)), _second(told)
        if table != second and len(differ) < 5:
            differ.append(f"{told}: the table says {table}, the second oracle {second}")
    return asked, differ


def _covering() -> Iterator[Any]:
    """A ninth of all cases of the led directions."""
    for run in NINE:
        chosen = {name: (DIMENSIONS[name][at],) for name, at in zip(FOUR, run, strict=True)}
        yield from all_cases(direction=LED, **chosen)


def test_the_table_agrees_with_a_second_oracle() -> None:
    """What both sides, the link and the settings call for is not a matter of who reads the rules."""
    asked, differ = _differences(_covering())

    assert [] == differ
    assert asked > 700_000


@pytest.mark.nightly
def test_the_table_agrees_with_a_second_oracle_in_every_case() -> None:
    """The same, about all there is."""
    asked, differ = _differences(all_cases(direction=LED))

    assert [] == differ
    assert asked > 6_000_000


def test_the_second_oracle_notices_a_row_that_says_something_else() -> None:
    """Whichever row of the table were wrong, this comparison would show it."""
    unnoticed = []
    for at, row in enumerate(ROWS):
        case = a_case_of(at)
        told = _told(case)
        if told[NAMES.index("direction")] == "off":
            told = ()
        wrong = Verdicts([with_another_action(row) if n == at else r for n, r in enumerate(ROWS)])
        if told and said(wrong(case)) == _second(told):
            unnoticed.append((at, told))

    assert [] == unnoticed


@pytest.mark.rule("P27", "F59")
@pytest.mark.parametrize("link", ["dormant", "tombstone"])
@pytest.mark.parametrize(("direction", "way"), [("send", "scope_out"), ("receive", "scope_in"), ("both", "scope_in")])
def test_a_pair_that_waits_for_its_account_is_kept_in_mind_whatever_its_link(
    link: str, direction: str, way: str
) -> None:
    """An edit that cannot pass for its account alone arrives when the account appears, also of a pair that slept."""
    told = {**COMMON, "left": "changed", "right": "changed", "link": link, "direction": direction}
    told |= {"scope_in": "filtered", "scope_out": "filtered"} | {way: "parent_awaited"}

    assert said(verdict(_case(told))) == ("wait", "")


@pytest.mark.parametrize("row", RECORDS, ids=lambda row: "-".join(row.case[name] for name in ("left", "right", "link")))
def test_what_was_reconciled_is_so(row: Reconciled) -> None:
    """Each class in which the second oracle gave way was a difference, and is none any more."""
    case = _case(row.case)

    assert row.first != row.table
    assert row.table == said(verdict(case))
    assert row.table == _second(_told(case))


FIELD_WORDS = {
    "flow": ("send", "receive", "both", "off"),
    "conflict": ("newest", "salesforce", "partner"),
    "order": ("salesforce_newer", "same_second", "partner_newer"),
    "tie": ("salesforce", "partner"),
    "grain": ("field", "record"),
    "write_in": ("always", "once", "never"),
    "write_out": ("always", "once", "never"),
}
CHANGES = ("left_changed", "left_silent", "right_changed", "right_silent")
FLAGS = (*CHANGES, "others_left", "others_right", "agree", "shut_in", "shut_out")


def _fields() -> Iterator[dict[str, Any]]:
    """Every field; one that nobody changed, or that says the same on both sides, with fewer settings."""
    names = (*FIELD_WORDS, *FLAGS)
    few = {**FIELD_WORDS, "conflict": ("newest",), "tie": ("partner",), "write_in": ("always",)}
    for flags in product((False, True), repeat=len(FLAGS)):
        told = dict(zip(FLAGS, flags, strict=True))
        quiet = told["agree"] or not (told["left_changed"] or told["right_changed"])
        for words in product(*(few if quiet else FIELD_WORDS).values()):
            yield dict(zip(names, (*words, *flags), strict=True))


def test_the_oracles_agree_about_every_field() -> None:
    """Whose value a field takes, and whose change is given up for it, two readers of the rules say alike."""
    differ = []
    for field in _fields():
        first, second = decide_oracle.field_level(**field), decide_second_oracle.field_level(**field)
        if first != second:
            differ.append((field, first, second))

    assert [] == differ[:3]


@pytest.mark.rule("I5")
def test_a_silent_change_that_is_overwritten_is_given_up() -> None:
    """Each user's write that is discarded appears in the conflict log, also one the other side has no word for."""
    field: dict[str, Any] = {
        **dict.fromkeys(FLAGS, False),
        "flow": "both",
        "conflict": "newest",
        "order": "partner_newer",
        "tie": "salesforce",
        "grain": "field",
        "write_in": "always",
        "write_out": "always",
        "left_changed": True,
        "left_silent": True,
        "right_changed": True,
    }

    assert decide_oracle.field_level(**field) == ("partner", "salesforce")


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: row.why.split(":")[0].replace(" ", "-"))
def test_what_was_reconciled_about_fields_is_so(row: ReconciledField) -> None:
    """Each class in which the second oracle gave way was a difference, and is none any more."""
    field: dict[str, Any] = {**row.words, **{name: name in row.flags for name in FLAGS}}

    assert row.first != row.table
    assert row.table == decide_oracle.field_level(**field)
    assert row.table == decide_second_oracle.field_level(**field)
