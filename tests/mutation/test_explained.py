"""Explanations of surviving mutations: the file is whole, and the comparison with a run misses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.mutation.explained import Explanation, compare, read

HERE = Path(__file__).parent
ONE = Explanation("plan", "f", "if a:", ("if not a:", "if b:"), "because")
FIRST, SECOND = ONE.names
OTHER = ("plan", "f", "if c:", "if d:")


def test_the_explanations_can_be_read() -> None:
    """Each says all that it must; whether it fits the code is told by `make mutation`."""
    assert all(one.why.endswith(".") for one in read(HERE / "survivors.toml"))


def test_a_survivor_without_an_explanation_and_a_stale_one_are_told_of() -> None:
    """One explanation fits, one fits nothing that survived, one survivor has none."""
    assert ([OTHER], [SECOND]) == compare([ONE], survived={FIRST, OTHER}, met={FIRST, SECOND, OTHER}, whole=True)
    assert ([], []) == compare([ONE], survived={FIRST, SECOND}, met={FIRST, SECOND}, whole=True)


def test_what_a_part_of_a_run_did_not_meet_is_not_judged() -> None:
    """Only a whole run can tell that a mutation is there no more."""
    assert ([], []) == compare([ONE], survived={FIRST}, met={FIRST}, whole=False)
    assert ([], [SECOND]) == compare([ONE], survived={FIRST}, met={FIRST}, whole=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[survivor]]\nmodule="plan"\nfunction="f"\nline="a"\nbecomes=["b"]', "survivor 1 says"),
        ('[[survivor]]\nmodule="plan"\nfunction="f"\nline="a"\nbecomes=[]\nwhy="x"', "survivor 1 says"),
        ('[[survivor]]\nmodule="plan"\nfunction="f"\nline="a"\nbecomes=["b", "b"]\nwhy="x"', "explained twice"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    """An explanation that lacks a part, or says it twice, is named."""
    file = tmp_path / "survivors.toml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=told) as error:
        read(file)
    assert 1 == len(str(error.value).splitlines())
