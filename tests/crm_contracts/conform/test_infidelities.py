"""The checks' own test: a fake with planted infidelities, each of which is reported.

By day an infidelity is met by the checks that are named for it, by night by all of its vendor.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from tests.crm_contracts.conform.infidelities_marketo import MARKETO
from tests.crm_contracts.conform.infidelities_planhat import PLANHAT
from tests.crm_contracts.conform.infidelities_salesforce import SALESFORCE
from tests.crm_contracts.conform.infidelities_totango import TOTANGO
from tests.crm_contracts.conform.unfaithful import Infidelity, Unfaithful

from crm_contracts.conform.check import Check, checks
from crm_contracts.conform.run import chosen, conform
from crm_contracts.conform.target import Target, askable, in_process
from crm_contracts.vendors import VENDORS
from crm_contracts.world.mutants.model import Mutant
from crm_contracts.world.mutants.planting import planted
from fake_core.clock import FrozenClock

INFIDELITIES = [*SALESFORCE, *PLANHAT, *TOTANGO, *MARKETO]
LEAST = {"salesforce": 30, "planhat": 15, "totango": 10, "marketo": 5}
_NAMED = [pytest.param(one, id=one.name) for one in INFIDELITIES]


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, tuple[Unfaithful, Target]]]:
    """Of each vendor a fake that can be made to lie, and the target of conform that it is."""
    with ExitStack() as stack:
        yield {vendor: stack.enter_context(_lying(vendor)) for vendor in VENDORS if vendor in LEAST}


@contextmanager
def _lying(vendor: str) -> Iterator[tuple[Unfaithful, Target]]:
    fake = askable(vendor)
    front = Unfaithful(fake)
    with in_process(vendor, fake, front=front) as target:
        yield front, target


def _reported(
    infidelity: Infidelity | None, target: tuple[Unfaithful, Target], found: Sequence[Check], word: str
) -> set[str]:
    """The checks that fail while *infidelity* is planted; the fake is put back after them."""
    front, one = target
    control = one.control
    assert control is not None
    before = control.snapshot(), control.now()
    with ExitStack() as stack:
        if infidelity is not None:
            patches = tuple(infidelity.patches)
            stack.enter_context(planted(Mutant(infidelity.name, "", infidelity.wrong, patches)))
            front.lie = infidelity.lie
        try:
            run = conform(found, {one.vendor: one}, word=word, clock=FrozenClock())
        finally:
            front.lie = None
            control.restore(before[0])
            control.set_clock(before[1])
            one.known.clear()
    return {result.name for result in run.results if result.state == "failed"}


def _named(infidelity: Infidelity) -> list[Check]:
    return chosen(checks(infidelity.vendor), infidelity.reported_by)


def test_there_are_enough() -> None:
    """At least 60 infidelities, of every vendor as many as it takes, each under a name of its own."""
    names = [one.name for one in INFIDELITIES]

    assert 60 <= len(set(names)) == len(names)
    assert set() == {
        vendor for vendor, least in LEAST.items() if sum(one.vendor == vendor for one in INFIDELITIES) < least
    }


def test_every_named_check_is_there() -> None:
    """An infidelity names checks that there are."""
    missing = [
        (one.name, pattern)
        for one in INFIDELITIES
        for pattern in one.reported_by
        if not chosen(checks(one.vendor), [pattern])
    ]

    assert [] == missing


@pytest.mark.parametrize("vendor", LEAST)
def test_the_named_checks_hold_without(vendor: str, targets: dict[str, tuple[Unfaithful, Target]]) -> None:
    """None of the checks that are to report an infidelity fails while nothing is planted."""
    named = {check.name: check for one in INFIDELITIES if one.vendor == vendor for check in _named(one)}

    assert set() == _reported(None, targets[vendor], list(named.values()), "true")


@pytest.mark.parametrize("infidelity", _NAMED)
def test_an_infidelity_is_reported(infidelity: Infidelity, targets: dict[str, tuple[Unfaithful, Target]]) -> None:
    """An infidelity fails each of the checks that are named for it; of those of a pattern, one at least."""
    reported = _reported(infidelity, targets[infidelity.vendor], _named(infidelity), "lie")

    assert [] == [pattern for pattern in infidelity.reported_by if not fnmatch.filter(reported, pattern)]


@pytest.mark.nightly
@pytest.mark.parametrize("infidelity", _NAMED)
def test_all_checks_meet_an_infidelity(infidelity: Infidelity, targets: dict[str, tuple[Unfaithful, Target]]) -> None:
    """All checks of the vendor can be played on a fake that lies, and those that are named report it."""
    reported = _reported(infidelity, targets[infidelity.vendor], checks(infidelity.vendor), "night")

    assert [] == [pattern for pattern in infidelity.reported_by if not fnmatch.filter(reported, pattern)]


@pytest.mark.nightly
@pytest.mark.parametrize("vendor", LEAST)
def test_nothing_planted_nothing_reported(vendor: str, targets: dict[str, tuple[Unfaithful, Target]]) -> None:
    """With nothing planted no check fails."""
    assert set() == _reported(None, targets[vendor], checks(vendor), "none")
