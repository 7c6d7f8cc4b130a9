"""Planted bugs in histories of 200 operations: what is left of each is 10 operations or fewer, and shows the bug.

A bug that no capsule can show is named here with the reason (`NO_CAPSULE`); none is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from crm_contracts.capsules.minimise import minimise
from crm_contracts.capsules.padded import OPS, long_capsule
from crm_contracts.capsules.replay import replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.world.mutants import MUTANTS, Mutant

LEFT_MAX = 10
NO_CAPSULE: Mapping[str, str] = {
    # What a capsule has no word for.
    "a preview writes": "every round of a capsule is meant: none is a preview",
    "the lease is anybody's": "a capsule has one sync, and its rounds follow each other",
    "the first of several matches": "the key of a capsule's org is unique, so no two records carry one",
    "DUPLICATE_VALUE is not raised": "it takes a second sync that sends the same key between the look and the creation",
    "picklists are not checked": "an org of a capsule has every status that the map can give",
    "a poisoned record is tried for ever": "what is refused may be tried again; how soon, no invariant says",
    "agreed is what was sent": "no org of a capsule rewrites what is written to it",
    "derived fields are sent": "a capsule's sync has the mapping that ships, and no field of it is derived",
    "any owner will do": "a capsule names no owner of a Planhat record",
    "a series is a Task": "the judge knows no recurring Tasks",
    "an id keeps the case it came in": "what bears an id that names nothing is put aside, and the judge allows that",
    "a copy takes the key over": "the key of a capsule's org is unique: Salesforce refuses such a copy",
    # What takes more than people and a sync can do in 200 operations.
    "Planhat's lists have one page": "a page holds 500 records and more",
    "the brake does not hold": "the brake counts records by the dozen",
    "a batch without a budget": "a round of so few records never comes near what is left of the day's calls",
    # What only the lane's surroundings or its stricter look tells (`world.mutants.lane`).
    "the first page is all": "pages of three rows are surroundings of the lane; the fake's hold 2,000",
    "nextRecordsUrl repeats a page": "pages of three rows are surroundings of the lane; the fake's hold 2,000",
    "the query's cursor ran out, and that was all": "cursors that run out are surroundings of the lane",
    "a query goes on from its stamp alone": "cursors that run out are surroundings of the lane",
    "a status in any letters": "the lane asks for the word itself (says): the judge lets a sync leave it unheard",
    "a key that is linked begins anew": "the lane asks that nobody be put aside (nobody_aside): the judge allows it",
    "a deletion found by its key leaves no tombstone": "the lane asks that nobody be put aside: the judge allows it",
    "a creation answers another id": "the judge itself finds no record of that id and stops: no violation, an error",
    # What the sync that ships never gets to see of a fake, or makes up for.
    "a bulk upsert inserts always": "the sync looks for a key before it sends it again",
    "sourceId is not unique": "the sync looks for a key before it sends it",
    "done does not archive": "the sync reads both lists, and tells done by the status",
    "done logs nothing": "what Planhat does not log is not there to be synced",
    "custom values are replaced": "no custom value is mapped, so the sync sends none",
    "the Conversation does not inherit": "the sync knows by its Task what a Conversation continues, key or none",
    "lists are not in order": "the cursor goes by the first row: in the wrong order more is read, and nothing missed",
    "a deleted row can be edited": "the sync looks for deletions before it writes, so the refusal is never met",
    "AccountId does not follow WhatId": "what an activity is related to is the account itself",
    "bulk refuses and says 200": "what a batch did not store is read back and missed, whatever its answer says",
    "a collection stops at a refusal": "what was refused with the others is sent again alone",
}
PLANTED = {one.name: one for one in MUTANTS}


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


@pytest.mark.nightly
@pytest.mark.parametrize("mutant", [pytest.param(one, id=one.name) for one in MUTANTS if one.name not in NO_CAPSULE])
def test_a_planted_bug_is_made_small(mutant: Mutant, stages: Stages) -> None:
    """From 200 operations to 10 or fewer: the same bug on the engine at fault, none on ours."""
    made_small(mutant, stages, OPS)


@pytest.mark.parametrize(
    ("bug", "length"), [("a creation in doubt is made again", 50), ("the first of several contacts took part", 20)]
)
def test_a_bug_in_a_shorter_history_is_made_small(bug: str, length: int, stages: Stages) -> None:
    """The same by day, with Planhat and with Totango; what Totango refuses its user is left out."""
    made_small(PLANTED[bug], stages, length)


def made_small(mutant: Mutant, stages: Stages, length: int) -> None:
    found = long_capsule(mutant, stages, length=length)
    assert found is not None, "no known history shows it, and no random one: write one, or say why in NO_CAPSULE"
    small = minimise(found, stages, at_fault=True).capsule
    shown = replay(small, stages, at_fault=True)

    assert mutant.profile in (found.profile, "planhat")
    assert length <= len(found.ops)
    assert len(small.start) + len(small.ops) <= LEFT_MAX
    assert found.breaks == type(shown.violation).__name__
    assert replay(small, stages).holds


@pytest.mark.nightly
@pytest.mark.parametrize("mutant", [pytest.param(PLANTED[name], id=name) for name in NO_CAPSULE])
def test_a_bug_without_a_capsule_has_none(mutant: Mutant, stages: Stages) -> None:
    """What is said to show in no capsule shows in none: otherwise it leaves the list."""
    assert long_capsule(mutant, stages) is None, f"a capsule shows it, so this is no reason: {NO_CAPSULE[mutant.name]}"
