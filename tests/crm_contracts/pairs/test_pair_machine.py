"""The machine over the honest toy: users, jobs, switches and deletions in any order; and over a wrong toy."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.crm_contracts.pairs.machine import machine

from crm_contracts.world.pairs.toys import Honest
from crm_contracts.world.violations import InvariantViolated

NIGHTLY = 2_000  # examples of the profile from which a night is meant
ORDINARY = 8


def examples() -> settings:
    """As many as the active profile says by night, few by day: a world is not made of nothing."""
    chosen = settings()
    return settings(chosen, max_examples=chosen.max_examples if chosen.max_examples >= NIGHTLY else ORDINARY)


@pytest.mark.parametrize("profile", ["totango", "marketo"])
def test_the_honest_toy_lives_through_the_machine(profile: str) -> None:
    """Every invariant holds after every step and in the end."""
    run_state_machine_as_test(machine(profile, Honest), settings=examples())


class Deaf(Honest):
    """Never hears of an edit."""

    def _merge(self, *_who_cares: object) -> None:
        return


def test_the_machine_fails_a_wrong_toy() -> None:
    """What it finds is an invariant with its story."""
    # Until one is found, the same every time: twenty by chance were too few. How small it gets is not asked here.
    enough = settings(examples(), max_examples=200, derandomize=True, phases=[Phase.generate])
    with pytest.raises(InvariantViolated, match="What happened"):
        run_state_machine_as_test(machine("marketo", Deaf), settings=enough)
