"""From a capsule to its chart: it is played, and each event becomes a step.

Rule 1: runs of the sync that wrote nothing are one step; nothing else is left out.
Rule 2: a step has a number if somebody did something, so that a conversation can name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.explain import chart
from crm_contracts.capsules.explain.chart import Chart, Step
from crm_contracts.capsules.explain.parting import Watch
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.stages import Stages
from crm_contracts.vendors import TITLES
from crm_contracts.world.story import Event, counted
from crm_contracts.world.violations import Duplicated

__all__ = ["explained"]

_PARTNERS = {"planhat": "Planhat", "totango": "Totango", "marketo": "Marketo"}  # a lane is narrow
#: How a request fares that meets a fault; delay, duplicate, slow_visibility and lock_held arrive.
_FARES = {
    "lost_request": chart.LOST,
    **dict.fromkeys(("unavailable", "session_expired", "limit_reached", "row_locked", "item_refused"), chart.REFUSED),
    **dict.fromkeys(("lost_response", "error_after", "truncated", "late_success"), chart.ANSWER_LOST),
}


def explained(capsule: Capsule, stages: Stages, *, at_fault: bool = False) -> Chart:
    """The chart of *capsule*. *at_fault*: played on the engine that it names, not on ours."""
    watch = Watch()
    played = replay(capsule, stages, at_fault=at_fault, before=watch)
    engine = capsule.engine.name if at_fault and capsule.engine else ""
    handles = _concerned(capsule, played)
    at = watch.parted(played.events, handles, doubled=_doubled(capsule, played)) if not played.holds else None
    return Chart(
        title=chart.seen(capsule.title),
        lanes=("users", "Salesforce", "sync", _PARTNERS[capsule.profile], "users"),
        steps=tuple(_numbered(_quiet_runs_once(_steps(played.events, at, handles)))),
        verdict=tuple(_verdict(capsule, played, engine)),
        bad=not played.holds,
        heading=tuple(_heading(capsule, engine)),
    )


def _heading(capsule: Capsule, engine: str) -> list[tuple[str, str]]:
    told = [
        ("seen by the customer", capsule.saw),
        ("failure mode", capsule.failure),
        ("systems", f"Salesforce and {TITLES[capsule.profile]}"),
        ("settings", ", ".join(f"{name} {value}" for name, value in capsule.settings.items())),
        ("sync", f"with the fault {engine!r}" if engine else "the one that ships with Understudy"),
        ("breaks", capsule.breaks),
        *(("open question", one) for one in capsule.questions),
    ]
    return [(name, chart.seen(text)) for name, text in told if text]


def _verdict(capsule: Capsule, played: Replay, engine: str) -> list[str]:
    lines = []
    if played.violation is not None:
        lines.append(f"{played.violation.invariant} {type(played.violation).__name__}: {played.violation.what}")
    lines += played.differs
    if not lines:
        lines.append("held: every invariant" + (", and the records are as expected" if capsule.expect else ""))
        if capsule.engine is not None and not engine:
            lines.append(f"the bug is one of the engine with the fault {capsule.engine.name!r}: see --faulty")
    return [chart.seen(one) for one in lines]


def _concerned(capsule: Capsule, played: Replay) -> tuple[str, ...]:
    """The activities that the finding is about."""
    if played.violation is not None:
        return (played.violation.activity,) if played.violation.activity else ()
    return tuple(handle for handle in capsule.expect if any(one.startswith(f"{handle}, ") for one in played.differs))


def _doubled(capsule: Capsule, played: Replay) -> bool:
    counts = any(isinstance(wanted, int) for sides in capsule.expect.values() for wanted in sides.values())
    return isinstance(played.violation, Duplicated) or (bool(played.differs) and counts)


def _steps(events: Sequence[Event], parted: int | None, handles: Sequence[str]) -> list[Step]:
    over = ", ".join(handles)
    return [
        replace(_step(event), parts=chart.seen(over)) if number == parted else _step(event)
        for number, event in enumerate(events)
    ]


def _step(event: Event) -> Step:
    lane = {"salesforce": chart.SALESFORCE, "partner": chart.PARTNER}.get(event.column)
    step = Step(
        at=event.at,
        says=chart.seen(_says(event)),
        values=chart.seen(event.values),
        mishap=chart.seen(event.mishap),
        at_lane=lane,
    )
    match event.kind:
        case "deed" if lane is not None:
            origin = chart.SALESFORCE_USERS if lane == chart.SALESFORCE else chart.PARTNER_USERS
            return replace(step, arrow=(origin, lane), says=f"a user {step.says}", short=_short(event))
        case "request" if lane is not None:
            arrow = (chart.SYNC, lane)
            return replace(step, arrow=arrow, says=f"the sync {step.says}", short=_short(event), fares=_fares(event))
        case "run":
            return replace(step, at_lane=chart.SYNC, says=step.says.removeprefix("a "), run=True)
        case "end":
            return replace(step, at_lane=chart.SYNC, says="", mishap=step.says, fares=chart.LOST)
    return step


def _says(event: Event) -> str:
    """What is done, with the activities it is about."""
    unnamed = ", ".join(one for one in event.about if one not in event.deed)
    return f"{event.deed} ({unnamed})" if unnamed else event.deed or event.text


def _short(event: Event) -> str:
    """`creates Task`: the deed, as far as it fits on an arrow."""
    return chart.seen(f"{event.deed.split()[0].rstrip(':')} {event.record}".strip())


def _fares(event: Event) -> str:
    if event.fault in _FARES:
        return _FARES[event.fault]
    if event.status >= 400:
        return chart.REFUSED
    unread = bool(event.mishap) and not event.fault
    return chart.ANSWER_LOST if unread else chart.ARRIVES


def _quiet_runs_once(steps: Sequence[Step]) -> list[Step]:
    """Several runs in a row after which nothing follows: one step for all of them."""
    found: list[Step] = []
    quiet = 0
    for one, following in zip(steps, [*steps[1:], None], strict=True):
        wrote = following is not None and (following.by_sync and not following.run)
        if not one.run or wrote:
            quiet = 0
            found.append(one)
        elif quiet:
            quiet += 1
            found[-1] = replace(found[-1], until=one.at, says=f"{counted(quiet, 'run')} of the sync, nothing written")
        else:
            quiet = 1
            found.append(replace(one, says=f"{one.says}, nothing written"))
    return found


def _numbered(steps: Sequence[Step]) -> list[Step]:
    numbers = count(1)
    return [one if one.at_lane == chart.SYNC else replace(one, number=next(numbers)) for one in steps]
