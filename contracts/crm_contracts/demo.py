"""`understudy demo`: the whole product once, told as it happens.

The history is data (`data/demo.toml`), played in a `World` like any other history: what the demo shows is judged by the
same oracle and invariants as every test, and the exit status is theirs. The fakes answer in this process.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

import click

from crm_contracts.world import Cast, Settings, Stage, World
from crm_contracts.world.ops import CONVERSATION, SALESFORCE, TASK, from_dict
from crm_contracts.world.ops import Sync as RunSync
from crm_contracts.world.reference import reference_sync
from crm_contracts.world.under_test import SyncFactory
from crm_contracts.world.violations import InvariantViolated

LIMIT = "api_requests"
TITLE_CHARACTERS = 44
_COLOURS = {
    "title": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "quiet": {"dim": True},
}


class _Voice:
    """Prints; colours only where they are wanted."""

    def __init__(self, *, plain: bool) -> None:
        self._plain = plain
        self._said: set[Any] = set()

    def first_time(self, what: Any) -> bool:
        """Whether *what* is news."""
        news = what not in self._said
        self._said.add(what)
        return news

    def say(self, text: str = "", style: str = "") -> None:
        click.echo(text if self._plain or not style else click.style(text, **_COLOURS[style]))  # type: ignore[arg-type]


def run_demo(*, seed: int, plain: bool, sync: SyncFactory = reference_sync) -> bool:
    """Play the demo with *sync* and print it; whether every invariant held."""
    given = tomllib.loads(resources.files("crm_contracts").joinpath("data/demo.toml").read_text("utf-8"))
    voice = _Voice(plain=plain)
    cast = Cast(
        customers={one["handle"]: one["known"] for one in given["customers"]},
        names={one["handle"]: one["name"] for one in given["customers"]},
        people=given["people"],
        owners=given["owners"],
        task_fields=given["task_fields"],
    )
    stage = Stage(external_id=True, seed=seed, cast=cast)
    try:
        return _play(given, stage, voice, sync)
    finally:
        stage.close()


def _play(given: Mapping[str, Any], stage: Stage, voice: _Voice, sync: SyncFactory) -> bool:
    voice.say("Understudy: Salesforce and Planhat are played in this process, at their own host names.", "title")
    known = sum(1 for one in given["customers"] if one["known"])
    voice.say(
        f"  {len(given['customers'])} customers in Salesforce ({known} of them in Planhat), "
        f"{len(given['people'])} contacts, and Pia, who owns what is hers on both sides."
    )
    with World(stage, sync=sync, settings=Settings()) as world:
        try:
            for number, scene in enumerate(given["scenes"], start=1):
                _scene(world, voice, number, scene)
            world.finish()
        except InvariantViolated as found:
            voice.say(f"\n{type(found).__name__}: {found}", "bad")
            return False
        _ending(world, voice)
    return True


def _scene(world: World, voice: _Voice, number: int, scene: Mapping[str, Any]) -> None:
    voice.say(f"\n{number}. {scene['title']}", "title")
    for step in scene["steps"]:
        words = {key: value for key, value in step.items() if key != "say"}
        happened = world.apply(from_dict(words))
        assert happened, f"the demo's step makes no sense: {step}"
        if "say" in step:
            voice.say(f"   {world.stage.clock.now():%H:%M}  {step['say']}")
    spent = world.stage.control["salesforce"].limits()[LIMIT]["used"]
    world.apply(RunSync())
    limit = world.stage.control["salesforce"].limits()[LIMIT]
    voice.say(f"   {world.stage.clock.now():%H:%M}  {scene['sync']}")
    _tell_round(world, voice)
    voice.say(f"            Salesforce calls: {limit['used'] - spent} of {limit['limit']:,} a day", "quiet")


def _tell_round(world: World, voice: _Voice) -> None:
    """What the round wrote, what it could not, and how it accounts for every record it saw."""
    for one in world.exchanges:
        if one["fault"]:
            voice.say(f"            ! {one['method']} {one['path'].split('?')[0]}: {one['fault']}", "bad")
    report = world.reports[-1].as_dict()
    if report["stopped"]:
        voice.say(f"            the run stopped early: {report['stopped']}", "bad")
    for key, section in report["sections"].items():
        counts = ", ".join(f"{section[word]} {word}" for word in ("created", "updated", "unchanged"))
        skipped = "".join(f", {count} skipped ({reason})" for reason, count in section["skipped"].items())
        held = "".join(f", quarantined: {label} ({why})" for label, why in section["quarantined"].items())
        voice.say(f"            {key}: {section['seen']} records of both sides seen: {counts}{skipped}{held}")
    for one in report["conflicts"]:
        voice.say(
            f"            conflict over the {one['field']} of {_title(world, one['activity'])}: {one['winner']} wins "
            f"with {one['winning_value']!r}; kept in the log: {one['losing_value']!r} of {one['loser']}",
            "bad",
        )
    for one in report["held_back"]:
        if voice.first_time((one["activity"], one["field"], one["value"])):
            what = f"{one['field']} = {one['value']!r}, {one['reason']}"
            voice.say(f"            held back from {_title(world, one['activity'])}: {what}", "bad")


def _title(world: World, label: str) -> str:
    """What people call the activity in which *label* (a record of one side, with its id) stands."""
    for activity in world.oracle.model.activities.values():
        for side, name in _TITLES:
            for record in activity.live(side):
                if record.id in label:
                    return repr(str(record.row.get(name))[:TITLE_CHARACTERS])
    return label


def _ending(world: World, voice: _Voice) -> None:
    voice.say("\nIn the end", "title")
    tasks = 0
    for handle, activity in sorted(world.oracle.model.activities.items()):
        here = {side: activity.live(side) for side in (SALESFORCE, TASK, CONVERSATION)}
        title = next((record.row.get(name) for side, name in _TITLES for record in here[side]), handle)
        counts = ", ".join(f"{len(found)} {_NAMES[side]}" for side, found in here.items() if found)
        voice.say(f"   {str(title)[:TITLE_CHARACTERS]:<46} {counts}")
        tasks += len(here[SALESFORCE])
    limit = world.stage.control["salesforce"].limits()[LIMIT]
    voice.say(f"   {tasks} Salesforce Tasks, one for each activity that takes part.")
    voice.say(f"   {limit['used']} of {limit['limit']:,} Salesforce calls of the day are spent, users' among them.")
    for held in _HELD:
        voice.say(f"   held  {held}", "good")


_TITLES = ((SALESFORCE, "Subject"), (TASK, "action"), (CONVERSATION, "subject"))
_NAMES = {SALESFORCE: "SF Task", TASK: "Planhat Task", CONVERSATION: "Conversation"}
_HELD = (
    "I1 both sides agree     I2 a further run writes nothing     I3 nothing is doubled",
    "I5 no update is lost    I7 directions are respected         I8 what is not mapped is untouched",
)
__all__ = ["run_demo"]
