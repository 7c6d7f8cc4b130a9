"""The gallery: every known way in which a two-way sync goes wrong, as capsules in a folder with a page of them.

Rule 1: generated from the catalogue of failure modes and the published faults; what stands in the folder beside them
was written by hand (Planhat's thirteen scenarios, what only other partners have) and is listed with them.
Rule 2: a capsule names an engine in which its bug shows; it is one of the published faults with this very history, or
the first planted one that shows here: first of its own failure mode, then of any.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from crm_contracts.capsules.capsule import SUFFIX, Capsule, Engine
from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.capsules.suspects import played_on
from crm_contracts.capsules.writing import write_capsule
from crm_contracts.world.mutants import MUTANTS
from crm_contracts.world.scenarios import SCENARIOS, failure_modes
from crm_contracts.world.scenarios.faulty import FAULTY, Faulty
from crm_contracts.world.settings import Settings

__all__ = ["INDEX", "failure_capsules", "index", "published_capsules", "settings_said", "with_engine", "write_gallery"]

INDEX = "README.md"
FAILURES, PUBLISHED = "failure-modes", "published"
Tell = Callable[[str], None]


def failure_capsules() -> Iterator[tuple[str, Capsule]]:
    """File name and capsule of each scenario of the catalogue, without an engine."""
    for scenario in SCENARIOS.values():
        mode = failure_modes()[scenario.failure]
        name = f"{FAILURES}/{scenario.failure}-{slug(scenario.name)}{SUFFIX}"
        yield (
            name,
            Capsule(
                title=_sentence(scenario.name),
                saw=mode.title,
                failure=scenario.failure,
                source=mode.source,
                profile="planhat",
                settings=settings_said(scenario.settings),
                ops=scenario.history,
            ),
        )


def published_capsules() -> Iterator[tuple[str, Capsule]]:
    """File name and capsule of each published fault, with the engine that has it."""
    for name, one in FAULTY.items():
        yield f"{PUBLISHED}/{one.failure}-{slug(name)}{SUFFIX}", _published(name, one)


def _published(name: str, one: Faulty) -> Capsule:
    return Capsule(
        title=_sentence(name),
        saw=failure_modes()[one.failure].title,
        failure=one.failure,
        source=one.whose,
        profile="planhat",
        settings=settings_said(one.settings),
        ops=tuple(one.history),
        breaks=one.finding.__name__,
        engine=Engine("published", name),
    )


def with_engine(capsule: Capsule, stages: Stages) -> Capsule:
    """*capsule* with the first engine in which a bug shows, and the invariant it breaks; as it is where none shows."""
    for engine in _engines(capsule):
        candidate = replace(capsule, engine=engine, breaks="")
        played = played_on(candidate, engine, stages)
        if played is not None and not played.holds:
            return replace(candidate, breaks=_broken(played))
    return capsule


def _engines(capsule: Capsule) -> Iterator[Engine]:
    for name, one in FAULTY.items():
        if tuple(one.history) == capsule.ops and settings_said(one.settings) == dict(capsule.settings):
            yield Engine("published", name)
    near = [one for one in MUTANTS if one.failure == capsule.failure]
    far = [one for one in MUTANTS if one not in near and not one.of_a_fake]
    yield from (Engine("planted", mutant.name) for mutant in (*near, *far))


def _broken(played: Replay) -> str:
    return type(played.violation).__name__ if played.violation is not None else ""


def write_gallery(folder: Path, *, tell: Tell = lambda _line: None) -> None:
    """Write the capsules of the catalogue and of the published faults below *folder*, and the page that lists all.

    A file whose history is unchanged keeps the engine that it names.
    """
    with Stages() as stages:
        for name, wanted in (*failure_capsules(), *published_capsules(), *_by_hand(folder)):
            path = folder / name
            made = _as_known(wanted, path) or (wanted if wanted.engine else with_engine(wanted, stages))
            path.parent.mkdir(parents=True, exist_ok=True)
            write_capsule(replace(made, log=replay(made, stages).log), path)
            tell(f"{name}: {made.engine.name if made.engine else 'no engine of ours shows it'}")
    (folder / INDEX).write_text(index(folder), encoding="utf-8")


def _as_known(wanted: Capsule, path: Path) -> Capsule | None:
    """With the engine that the file names, if its story is the same."""
    known = read_capsule(path) if path.exists() else None
    if known is None or known.engine is None or (known.ops, known.settings) != (wanted.ops, wanted.settings):
        return None
    return replace(wanted, engine=known.engine, breaks=known.breaks)


def _by_hand(folder: Path) -> Iterator[tuple[str, Capsule]]:
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith((FAILURES, PUBLISHED)):
            yield name, read_capsule(path)


def index(folder: Path) -> str:
    """The page that lists every capsule of *folder*, and the failure modes that have none, with the reason."""
    found = [(path.relative_to(folder).as_posix(), read_capsule(path)) for path in sorted(folder.rglob(f"*{SUFFIX}"))]
    lines = [
        "# Capsules",
        "",
        "Generated by `understudy capsule gallery --write fixtures/capsules`: change the catalogue, not this page.",
        "",
        "Each file replays one bug. `understudy capsule run FILE` plays it with the sync that ships here, which has to",
        "live through it; `understudy capsule run --faulty FILE` with the engine that the file names: there it shows.",
        "",
    ]
    rooms: dict[str, list[tuple[str, Capsule]]] = {}
    for name, capsule in found:
        rooms.setdefault(name.rpartition("/")[0], []).append((name, capsule))
    for room, capsules in rooms.items():
        lines += [
            f"## {_sentence(room.replace('-', ' '))}",
            "",
            "| capsule | breaks | shows on |",
            "| --- | --- | --- |",
        ]
        lines += [_row(name, capsule) for name, capsule in capsules]
        lines.append("")
    return "\n".join([*lines, *_without(capsule for _, capsule in found)]) + "\n"


def _row(name: str, capsule: Capsule) -> str:
    mode = f"{capsule.failure}: " if capsule.failure else ""
    engine = f"{capsule.engine.kind}: {capsule.engine.name}" if capsule.engine else "–"
    return f"| [{mode}{capsule.title}]({name}) | {capsule.breaks or 'what is expected'} | {engine} |"


def _without(capsules: Iterable[Capsule]) -> list[str]:
    shown = {capsule.failure for capsule in capsules}
    rest = [(number, mode) for number, mode in failure_modes().items() if number not in shown]
    if not rest:
        return []
    lines = ["## Failure modes without a capsule", ""]
    lines += ["No operation of people brings these about; tests over HTTP do.", ""]
    reasons = (f" ({mode.elsewhere})" if mode.elsewhere else "" for _number, mode in rest)
    return [*lines, *(f"- {number}: {mode.title}{why}" for (number, mode), why in zip(rest, reasons, strict=True))]


def slug(words: str) -> str:
    """*words* as a file's name."""
    parts = re.findall(r"[a-z0-9]+", words.lower().replace("'", ""))
    name = ""
    for part in parts:
        if len(name) + len(part) > 70:
            break
        name += f"-{part}" if name else part
    return name


def settings_said(settings: Settings) -> dict[str, object]:
    """What *settings* say beside the default."""
    default = asdict(Settings())
    return {name: value for name, value in asdict(settings).items() if value != default[name]}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
