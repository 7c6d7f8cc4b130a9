"""Explanations of surviving mutations: they fit the code, and the comparison with a run misses nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.mutation.explained import Explanation, compare, read

HERE = Path(__file__).parent
ENGINE = HERE.parents[1] / "sync" / "crm_sync"
ONE = Explanation("plan", "f", "if a:", ("if not a:", "if b:"), "because")
FIRST, SECOND = ONE.names
OTHER = ("plan", "f", "if c:", "if d:")


def words(module: str, function: str) -> str:
    """The source of a function, on one line."""
    source = (ENGINE / f"{module}.py").read_text(encoding="utf-8")
    body: list[ast.stmt] = ast.parse(source).body
    lines = source.splitlines()
    for name in filter(None, function.split(".")):
        found = next(one for one in body if getattr(one, "name", "") == name)
        assert isinstance(found, ast.FunctionDef | ast.ClassDef)
        lines = source.splitlines()[found.lineno - 1 - len(found.decorator_list) : found.end_lineno]
        body = found.body
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("one", read(HERE / "survivors.toml"), ids=lambda one: f"{one.module}.{one.function}")
def test_an_explanation_quotes_a_line_that_is_there(one: Explanation) -> None:
    """What is explained stands in the function that it names: who changes the line looks at the explanation again."""
    assert one.line in words(one.module, one.function)


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
