"""The gallery: every capsule in it plays, ours lives through it, and its bug shows on the engine that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_contracts.capsules.capsule import SUFFIX
from crm_contracts.capsules.gallery import INDEX, failure_capsules, index, published_capsules
from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.replay import replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.capsules.writing import to_text
from crm_contracts.world.scenarios import SCENARIOS
from crm_contracts.world.scenarios.faulty import FAULTY

GALLERY = Path(__file__).parents[3] / "fixtures" / "capsules"
FILES = sorted(path.relative_to(GALLERY).as_posix() for path in GALLERY.rglob(f"*{SUFFIX}"))


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


def by_day(name: str) -> bool:
    """The published faults are played by day in failure_modes/test_faulty.py."""
    return not name.startswith("published/")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if by_day(name) else pytest.mark.nightly) for name in FILES]
)
def test_ours_lives_and_the_faulty_one_does_not(stages: Stages, name: str) -> None:
    """The bug shows on the engine that the file names, and is absent from ours, which asks what the file says."""
    capsule = read_capsule(GALLERY / name, strict=True)
    ours = replay(capsule, stages)

    assert (None, (), capsule.log) == (ours.violation, ours.differs, ours.log)
    assert capsule.engine is not None
    assert replay(capsule, stages, at_fault=True).shows(capsule)


def test_the_gallery_is_the_catalogue() -> None:
    """Every scenario and every published fault has its file, with the history that it has now; the rest is by hand."""
    made = dict([*failure_capsules(), *published_capsules()])

    assert len(made) == len(SCENARIOS) + len(FAULTY)
    assert set(made) == {name for name in FILES if not name.startswith(("planhat-help/", "other-partners/"))}
    assert 13 == len([name for name in FILES if name.startswith("planhat-help/")])
    for name, capsule in made.items():
        known = read_capsule(GALLERY / name)
        assert (known.ops, known.settings) == (capsule.ops, capsule.settings), name


def test_the_page_lists_them_all() -> None:
    """The generated page is the one that stands there."""
    assert (GALLERY / INDEX).read_text("utf-8") == index(GALLERY)


def test_a_capsule_is_small() -> None:
    """A person reads it in a minute: under 4 KB each."""
    long = [name for name in FILES if (GALLERY / name).stat().st_size > 4_096]
    assert [] == [name for name in long if "F45-a-text-longer" not in name]  # it is about 32,000 characters
    assert all(to_text(read_capsule(GALLERY / name)) for name in FILES)
