"""A capsule plays: held or broken, as expected or not, with ours or an engine at fault; and it can be made smaller."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crm_contracts.capsules.capsule import Capsule, Customer, Engine
from crm_contracts.capsules.found import capsule_of
from crm_contracts.capsules.minimise import minimise
from crm_contracts.capsules.reading import from_text
from crm_contracts.capsules.replay import replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world import ops
from crm_contracts.world.violations import Duplicated
from fake_core.errors import MisuseError

LOST = from_text(
    """
capsule: 1
title: Two Tasks after a lost answer
profile: planhat
ops:
  - {op: create, side: task, act: act-1, fields: {action: Call Acme}}
  - {op: fault, fault: lost_response, vendor: salesforce, verb: create, object: Task}
  - {op: sync}
breaks: Duplicated
engine: {published: a creation is sent again}
expect:
  act-1: {salesforce: 1, task: {action: Call Acme}}
""",
    name="lost",
)


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


def test_ours_lives_through_what_breaks_the_faulty_one(stages: Stages) -> None:
    """The bug shows on the engine that the capsule names and not on ours; each makes the same requests every time."""
    ours, theirs = replay(LOST, stages), replay(LOST, stages, at_fault=True)

    assert (True, ()) == (ours.holds, ours.differs)
    assert isinstance(theirs.violation, Duplicated)
    assert theirs.shows(LOST)
    assert not ours.shows(LOST)
    assert ours.log == replay(LOST, stages).log != theirs.log


def test_a_planted_engine_is_sound_again_afterwards(stages: Stages) -> None:
    """A planted fault is there for as long as the capsule plays, and no longer."""
    capsule = replace(LOST, engine=Engine("planted", "a creation in doubt is made again"))

    assert replay(capsule, stages, at_fault=True).shows(capsule)
    assert replay(capsule, stages).holds


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"act-1": {"salesforce": 2}}, "act-1, salesforce: there is 1, expected 2"),
        ({"act-1": {"task": {"action": "Other"}}}, "act-1, task: action is 'Call Acme', expected 'Other'"),
        ({"act-1": {"conversation": {"subject": "x"}}}, "act-1, conversation: there are 0, expected 1"),
        ({"nobody": {"task": 1}}, "nobody, task: there are 0, expected 1"),
    ],
)
def test_what_is_not_as_expected_is_said(stages: Stages, expect: Any, said: str) -> None:
    """How many records, or the fields of the one; who is not there has none."""
    assert (said,) == replay(replace(LOST, expect=expect), stages).differs


def test_what_was_there_before_is_not_made_anew(stages: Stages) -> None:
    """A record from before the integration was switched on stays where it is; a linked pair is a pair (P21, P29)."""
    capsule = replace(
        LOST,
        start=(
            ops.Create(side="salesforce", act="old", fields={"Subject": "Old"}),
            ops.Create(side="salesforce", act="pair", fields={"Subject": "Pair"}),
            ops.Create(side="task", act="pair", link=15, fields={"action": "Pair"}),
        ),
        expect={
            "old": {"salesforce": 1, "task": 0},
            "pair": {"salesforce": 1, "task": 1},
            "act-1": {"salesforce": 1, "task": 1},
        },
    )

    assert () == replay(capsule, stages).differs


@pytest.mark.parametrize("profile", ["totango", "marketo"])
def test_pairs_start_switched_off_too(stages: Stages, profile: str) -> None:
    """With the other partners, a new record after the beginning travels."""
    section = {"totango": "task", "marketo": "reminder"}[profile]
    made = {"side": "salesforce", "section": section}
    capsule = Capsule(
        title="t",
        profile=profile,
        start=(ops_of(profile)(act="old", fields={"Subject": "Old"}, **made),),
        ops=(ops_of(profile)(act="new", fields={"Subject": "New", "OwnerId": "pia"}, **made), ops.Sync()),
        expect={"new": {"salesforce": 1, "partner": 1}},
    )

    assert (None, ()) == (replay(capsule, stages).violation, replay(capsule, stages).differs)


def ops_of(_profile: str) -> Any:
    from crm_contracts.world.pairs.ops import Create

    return Create


def test_ids_are_those_that_the_bug_needs(stages: Stages) -> None:
    """Two records whose ids differ in case only, and an account's."""
    ids = "00T5e00000abcDE", "00T5e00000abcdE"
    made = (
        ops.Create(side="salesforce", act=f"act-{n}", record_id=one, fields={"Subject": "x"})
        for n, one in enumerate(ids)
    )
    capsule = replace(
        LOST,
        customers={"acme": Customer(id="0015e000004xyZaAAI"[:15])},
        ops=(*made, ops.Sync()),
        expect={
            "act-0": {"salesforce": {"Id": "00T5e00000abcDEEAY"}, "task": 1},
            "act-1": {"salesforce": {"Id": "00T5e00000abcdEEAQ"}},
        },
    )

    played = replay(capsule, stages)

    assert () == played.differs
    assert "0015e000004xyZa" == stages.of(capsule).accounts["acme"][:15]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": {"weather": 1}}, "no setting 'weather'"),
        ({"settings": {"task": "Sometimes"}}, "task is one of"),
        ({"customers": {"acme": Customer(salesforce=False)}}, "every account of a planhat capsule is in Salesforce"),
        ({"profile": "totango", "owners": ({"first": "a"},)}, "owners: a capsule of totango has none yet"),
        ({"engine": Engine("published", "nobody's")}, "no published fault"),
        ({"engine": Engine("planted", "nobody's")}, "no planted fault"),
        ({"engine": None}, "names no engine at fault"),
        ({"customers": {"acme": Customer(id="001x")}}, "'001x' is no id of Account"),
    ],
)
def test_words_that_make_no_sense_together_are_refused(stages: Stages, changes: Any, said: str) -> None:
    """In one line, before anything is played."""
    with pytest.raises(MisuseError, match=said):
        replay(replace(LOST, **changes), stages, at_fault=True)


def test_what_a_vendor_refuses_its_user_is_told(stages: Stages) -> None:
    """Of the file, with its place and the vendor's words: whoever wrote it by hand forgot a field."""
    nameless = from_text(
        """
capsule: 1
title: A reminder without a name
profile: marketo
start:
  - {op: create, side: partner, act: act-1, section: reminder, fields: {name: Call}}
ops:
  - {op: sync}
  - {op: create, side: partner, act: act-2, section: reminder, fields: {details: Call}}
""",
        name="nameless",
    )
    with pytest.raises(MisuseError, match="^ops 2: a user's POST .* was refused: .*name is missing"):
        replay(nameless, stages)


def test_a_long_capsule_is_made_small(stages: Stages) -> None:
    """Of nine operations and three records those that show the bug are left; the words stay; twice the same."""
    filler = [
        op
        for n in range(2)
        for op in (
            ops.Create(side="salesforce", act=f"more-{n}", fields={"Subject": "More"}),
            ops.Tick(seconds=60 + n),
            ops.Edit(side="salesforce", act=f"more-{n}", fields={"Subject": f"More {n}"}),
        )
    ]
    long = replace(
        LOST,
        saw="Twice!",
        settings={"conflict": "salesforce"},
        customers={"acme": Customer(name="A GmbH"), "globex": Customer(), "nowhere": Customer(partner=False)},
        start=tuple(ops.Create(side="salesforce", act=f"old-{n}", fields={"Subject": "Old"}) for n in range(3)),
        ops=(LOST.ops[0], *filler, *LOST.ops[1:]),
        engine=Engine("planted", "a creation in doubt is made again"),
        expect={},
    )
    small = minimise(long, stages, at_fault=True)
    again = minimise(long, stages, at_fault=True)

    assert small == again
    assert len(small.capsule.ops) <= 4
    assert () == small.capsule.start
    assert {} == small.capsule.settings == small.capsule.customers
    assert ("Twice!", "Duplicated") == (small.capsule.saw, small.capsule.breaks)
    assert replay(small.capsule, stages, at_fault=True).shows(small.capsule)


def test_what_is_left_is_no_bug_of_ours(stages: Stages) -> None:
    """A change that shows later than any overlap is lost to every sync; in a quiet hour ours need not lose it."""
    late = ops.Edit(side="salesforce", act="act-1", fields={"Subject": "Late"}, late=200)
    long = replace(
        LOST,
        ops=(LOST.ops[0], ops.Sync(), ops.Tick(seconds=3_600), ops.Sync(), late, ops.Sync()),
        engine=Engine("planted", "Salesforce's cursor is the wall clock"),
        breaks="ChangeMissed",
        expect={},
    )
    small = minimise(long, stages, at_fault=True).capsule

    assert replay(small, stages).holds
    assert replay(small, stages, at_fault=True).shows(small)


def test_an_org_stays_as_the_bug_needs_it(stages: Stages) -> None:
    """Where a bug takes an org with a key of its own, the smallest capsule has one."""
    keyed = replace(
        LOST,
        engine=Engine("planted", "a creation goes without its key"),
        external_id=True,
        breaks="Duplicated",
        expect={},
    )
    small = minimise(keyed, stages, at_fault=True).capsule

    assert small.external_id
    assert replay(small, stages, at_fault=True).shows(small)


def test_what_shows_nothing_is_not_made_small(stages: Stages) -> None:
    """A capsule without a bug is refused, not emptied."""
    with pytest.raises(MisuseError, match="shows no bug"):
        minimise(LOST, stages)


def test_a_violation_becomes_a_capsule() -> None:
    """Class and words of what was found; the same history."""
    made = capsule_of(Duplicated("act-1 twice", activity="act-1"), LOST.ops, profile="planhat", external_id=True)

    assert ("Duplicated: act-1 twice", "Duplicated", True) == (made.title, made.breaks, made.external_id)
    assert LOST.ops == made.ops


def test_a_folder_has_its_name() -> None:
    """Every capsule of the fixtures has the suffix that the tools look for."""
    root = Path(__file__).parents[3] / "fixtures" / "capsules"

    assert [] == [one for one in root.rglob("*.yaml") if not one.name.endswith(".capsule.yaml")]
