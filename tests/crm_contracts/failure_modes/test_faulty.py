"""Other people's bugs: each published fault is found by the invariant that it breaks, and ours lives through it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm_contracts.world import Stage, play
from crm_contracts.world.invariants import INVARIANTS
from crm_contracts.world.scenarios import failure_modes
from crm_contracts.world.scenarios.faulty import FAULTY
from crm_contracts.world.scenarios.faulty_reading import Incremental

FINDINGS = {found for one in INVARIANTS.values() for found in one.raises}
PUBLISHED = ("Airbyte", "HubSpot", "Heroku", "MinnPost", "Mautic", "mbsync", "OfflineIMAP", "vdirsyncer", "nextcloud")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


@pytest.mark.parametrize("name", FAULTY)
def test_the_fault_is_found_and_ours_lives(stage: Stage, name: str) -> None:
    """With the fault the history breaks its invariant; without, the reference sync settles."""
    one = FAULTY[name]

    with pytest.raises(one.finding) as found:
        play(one.history, stage=stage, settings=one.settings, sync=one.sync)
    play(one.history, stage=stage, settings=one.settings)

    assert one.finding is type(found.value)
    assert found.value.timeline, "a finding tells its story"


def test_faults_are_of_the_catalogue() -> None:
    """At least thirty, each of a failure mode, and none of the well-known projects is missing."""
    assert len(FAULTY) >= 30
    assert {one.failure for one in FAULTY.values()} <= set(failure_modes())
    assert {one.finding for one in FAULTY.values()} <= FINDINGS
    told = " ".join(one.whose for one in FAULTY.values())
    assert [] == [name for name in PUBLISHED if name not in told]


READERS = ("no window behind the cursor", "equal stamps are skipped", "a cursor by the date of the last edit")


@pytest.mark.parametrize("name", READERS)
def test_reading_what_changed_is_no_fault_by_itself(stage: Stage, name: str) -> None:
    """The sync that the readers' faults are made of lives through their histories."""
    one = FAULTY[name]

    play(one.history, stage=stage, settings=one.settings, sync=Incremental)
