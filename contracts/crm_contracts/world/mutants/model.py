"""What a planted bug is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Mutant", "Patch", "Row", "Text", "Value"]


@dataclass(frozen=True)
class Text:
    """In the source of the function *target*, *old* becomes *new*. White space in *old* counts as one blank.

    *old* "" puts *new* before the body's first statement.
    """

    target: str
    old: str
    new: str


@dataclass(frozen=True)
class Value:
    """The constant *target* is *value* in every module that has it."""

    target: str
    value: object


@dataclass(frozen=True)
class Row:
    """Every row of the engine's table of verdicts that gives *reason* says *action* instead."""

    reason: str
    action: str
    target: str = "crm_sync.verdict.verdict"


Patch = Text | Value | Row


@dataclass(frozen=True)
class Mutant:
    """A bug with a name. *failure* is its row among the failure modes, *wrong* says in a sentence what is wrong.

    *tests* are tests of the ordinary lane for what no history of a world can show, *scenario* the beginning of the name
    of a scenario of the catalogue that is to be tried first. *profile* is whose sync is put to the proof.
    """

    name: str
    failure: str
    wrong: str
    patches: tuple[Patch, ...]
    tests: tuple[str, ...] = ()
    scenario: str = ""
    profile: str = "planhat"

    @property
    def of_a_fake(self) -> bool:
        """Is it a fake that lies, rather than the engine that errs?"""
        return any(patch.target.startswith("fake_") for patch in self.patches)
