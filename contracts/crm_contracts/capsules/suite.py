"""Capsules as tests: what a failing one says, and the items that pytest runs for files that end in .capsule.yaml.

Rule 1: a failure tells the story (title, what the customer saw, the violated invariant, both columns), never a
traceback.
Rule 2: the sync is ours, or the command that the project's pytest configuration names.
Rule 3: a file with open questions that holds is green and warns: it says nothing yet of what nobody knows.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from crm_contracts.capsules.capsule import Capsule, OpenQuestionWarning
from crm_contracts.capsules.foreign import foreign_stage, replay_foreign
from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.told import told
from crm_contracts.verify.runner import CommandRunner
from crm_contracts.world.columns import two_columns
from crm_contracts.world.story import counted
from fake_core.errors import MisuseError

__all__ = ["CapsuleFile", "assert_holds", "failure"]

_STAGES = pytest.StashKey[Stages]()


class _Broken(Exception):
    """A capsule shows its bug; the words are those of `failure`."""


class CapsuleFile(pytest.File):
    """A file of a user's own repository."""

    def collect(self) -> Iterable[pytest.Item]:
        yield CapsuleItem.from_parent(self, name="replay")


class CapsuleItem(pytest.Item):
    """One replay, with the sync that ships with Understudy or with the project's own."""

    def runtest(self) -> None:
        capsule = read_capsule(self.path)
        runner = _own_sync(self.config)
        if runner is None:
            played = replay(capsule, _stages(self.config))
        else:
            with foreign_stage(capsule, runner, tls=self.config.getini("understudy_sync_tls")) as stage:
                played = replay_foreign(capsule, stage)
        if not played.holds:
            raise _Broken(failure(capsule, played))
        if capsule.questions:
            self._warn_of(capsule.questions)

    def _warn_of(self, questions: tuple[str, ...]) -> None:
        """Rule 3. pytest names the file, its summary the place in it; `-W error` makes a failure of it."""
        lines = self.path.read_text("utf-8").splitlines()
        place = next((number for number, line in enumerate(lines, 1) if line.startswith("questions")), 1)
        asked = [f"  {' '.join(one.split())}" for one in questions]
        said = f"{counted(len(asked), 'open question')}, so another story may be replayed here than was seen; what is"
        message = "\n".join([f"{said} answered is taken out of `questions`:", *asked])
        warnings.warn_explicit(message, OpenQuestionWarning, str(self.path), place)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The story alone; whatever else goes wrong is our bug and has a traceback."""
        if isinstance(excinfo.value, (_Broken, MisuseError, OpenQuestionWarning)):
            return told(str(self.path), str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        return self.path, None, f"capsule {self.path.name}"


def _own_sync(config: pytest.Config) -> CommandRunner | None:
    """The command of the project's configuration, started in its root. Raises MisuseError for a wrong timeout."""
    command, timeout = config.getini("understudy_sync_command"), config.getini("understudy_sync_timeout")
    if not command:
        return None
    try:
        seconds = float(timeout)
    except ValueError:
        raise MisuseError(f"understudy_sync_timeout = {timeout}: write a number of seconds") from None
    return CommandRunner(command, timeout_seconds=seconds, folder=config.rootpath)


def _stages(config: pytest.Config) -> Stages:
    """Stages are made once for a run of pytest."""
    if _STAGES not in config.stash:
        config.stash[_STAGES] = stages = Stages()
        config.add_cleanup(stages.close)
    return config.stash[_STAGES]


def assert_holds(capsule: Capsule) -> None:
    """Play *capsule* with the sync that ships with Understudy. Raises AssertionError with the story where it breaks."""
    __tracebackhide__ = True
    with Stages() as stages:
        played = replay(capsule, stages)
    if not played.holds:
        raise AssertionError(failure(capsule, played))


def failure(capsule: Capsule, played: Replay) -> str:
    """What went wrong, for somebody who has not seen the capsule."""
    return "\n".join(_lines(capsule, played))


def _lines(capsule: Capsule, played: Replay) -> Iterator[str]:
    yield capsule.title
    if capsule.saw:
        yield f"seen by the customer: {capsule.saw.strip()}"
    for question in capsule.questions:
        yield f"open question: {' '.join(question.split())}"
    yield ""
    found = played.violation
    if found is not None:
        yield f"{found.invariant} {type(found).__name__}: {found.what}"
    yield from played.differs
    yield ""
    yield from two_columns(capsule.profile, played.events)
