"""Decide what happens to one field. No clock, no network, no database, no vendor.

Rule 1: every case of "which side changed since both last agreed" is a row of DECISIONS; a test
proves the table total.
Rule 2: two values that already agree need no decision, whatever happened to them.
Rule 3: a value that is given up because another one wins is named as a loser, always.
Source: rules P1, P2, P24; three-way merge as in "How OfflineIMAP works" (E. Z. Yang, 2012), with
one more row for the direction of a section.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from crm_sync.model import CONVERSATION, SALESFORCE, Direction, Policy


class Seen(Enum):
    """What happened to one replica's value since the sides last agreed."""

    SAME = "same"
    CHANGED = "changed"


class Action(Enum):
    """What follows for one pair of values."""

    NOTHING = "nothing"
    TO_PLANHAT = "to Planhat"
    TO_SALESFORCE = "to Salesforce"
    RESOLVE = "resolve"  # the policy has the last word


_S, _C = Seen.SAME, Seen.CHANGED
_SEND, _RECEIVE, _BOTH, _OFF = (
    Direction.SEND,
    Direction.RECEIVE,
    Direction.BOTH,
    Direction.OFF,
)

DECISIONS: dict[tuple[Seen, Seen, Direction], Action] = {
    # Salesforce, Planhat, direction
    (_S, _S, _SEND): Action.NOTHING,
    (_S, _S, _RECEIVE): Action.NOTHING,
    (_S, _S, _BOTH): Action.NOTHING,
    (_S, _S, _OFF): Action.NOTHING,
    (_C, _S, _SEND): Action.NOTHING,  # nobody asked Salesforce
    (_C, _S, _RECEIVE): Action.TO_PLANHAT,
    (_C, _S, _BOTH): Action.TO_PLANHAT,
    (_C, _S, _OFF): Action.NOTHING,
    (_S, _C, _SEND): Action.TO_SALESFORCE,
    (_S, _C, _RECEIVE): Action.NOTHING,  # nobody asked Planhat
    (_S, _C, _BOTH): Action.TO_SALESFORCE,
    (_S, _C, _OFF): Action.NOTHING,
    (_C, _C, _SEND): Action.TO_SALESFORCE,
    (_C, _C, _RECEIVE): Action.TO_PLANHAT,
    (_C, _C, _BOTH): Action.RESOLVE,
    (_C, _C, _OFF): Action.NOTHING,
}


@dataclass(frozen=True)
class View:
    """One replica's value of one field.

    *value* is the comparable value, *flow* the direction of the replica's section for this field
    (Direction.OFF for Salesforce itself), *silent* marks a replica that has no opinion: its value
    is never a source and never a loser.
    """

    replica: str
    seen: Seen
    value: Any
    changed_at: datetime | None
    flow: Direction = Direction.OFF
    silent: bool = False


@dataclass(frozen=True)
class Loser:
    """A changed value that is given up, and why."""

    replica: str
    value: Any
    policy: str


@dataclass(frozen=True)
class Decision:
    """*winner* names the replica whose value is taken (None: nothing to do), *targets* those that
    get it, *losers* the changed values that are given up.
    """

    winner: str | None = None
    targets: tuple[str, ...] = ()
    losers: tuple[Loser, ...] = ()


NOTHING = Decision()
#: agree(Salesforce's value, Planhat's value, Planhat's replica name): do they say the same?
Agree = Callable[[Any, Any, str], bool]


def decide(salesforce: View, planhat: Sequence[View], policy: Policy, agree: Agree) -> Decision:
    """Which value of one field is taken, and who gets it.

    *planhat* holds the Task's and/or the Conversation's view of the field. The same inputs give the
    same decision on any machine and day.
    """
    senders = [
        view
        for view in planhat
        if view.seen is Seen.CHANGED
        and view.flow.sends
        and not view.silent
        and not agree(salesforce.value, view.value, view.replica)
    ]
    losers: list[Loser] = []
    if senders:
        champion = max(senders, key=_newest_conversation_first)
        # A Planhat replica that lost to the other one gives its value up, too.
        losers += [
            Loser(view.replica, view.value, "newest of Task and Conversation")
            for view in senders
            if view is not champion and view.value != champion.value
        ]
        action = DECISIONS[salesforce.seen, champion.seen, champion.flow]
        if action is Action.RESOLVE:
            action = _resolve(salesforce, champion, policy)
            why = policy.value
        else:
            why = "direction"
        if action is Action.TO_SALESFORCE:
            if salesforce.seen is Seen.CHANGED and not salesforce.silent:
                losers.append(Loser(SALESFORCE, salesforce.value, why))
            return _planhat_wins(salesforce, champion, planhat, losers)
        losers.append(Loser(champion.replica, champion.value, why))
    if salesforce.seen is Seen.CHANGED and not salesforce.silent:
        return _salesforce_wins(salesforce, planhat, losers, agree)
    return NOTHING


def _newest_conversation_first(view: View) -> tuple[float, bool]:
    stamp = view.changed_at.timestamp() if view.changed_at else 0.0
    return stamp, view.replica == CONVERSATION


def _resolve(salesforce: View, planhat: View, policy: Policy) -> Action:
    """Both changed: the policy decides; equal seconds go to Salesforce (rule P24)."""
    if policy is Policy.PARTNER:
        return Action.TO_SALESFORCE
    if policy is Policy.SALESFORCE:
        return Action.TO_PLANHAT
    if salesforce.changed_at is None or planhat.changed_at is None:
        return Action.TO_PLANHAT
    # Salesforce keeps whole seconds only, so finer ones of Planhat's must not decide.
    newer = planhat.changed_at.replace(microsecond=0) > salesforce.changed_at.replace(microsecond=0)
    return Action.TO_SALESFORCE if newer else Action.TO_PLANHAT


def _planhat_wins(salesforce: View, champion: View, planhat: Sequence[View], losers: list[Loser]) -> Decision:
    targets = [salesforce.replica]
    named = {loser.replica for loser in losers}
    for view in planhat:
        if view is champion or not view.flow.receives:
            continue
        if view.value == champion.value:
            continue
        targets.append(view.replica)
        if view.seen is Seen.CHANGED and not view.silent and view.replica not in named:
            losers.append(Loser(view.replica, view.value, "direction"))
    return Decision(champion.replica, tuple(targets), tuple(losers))


def _salesforce_wins(salesforce: View, planhat: Sequence[View], losers: list[Loser], agree: Agree) -> Decision:
    targets: list[str] = []
    named = {loser.replica for loser in losers}
    for view in planhat:
        action = DECISIONS[salesforce.seen, view.seen, view.flow]
        if action in {Action.NOTHING, Action.TO_SALESFORCE}:
            continue
        if agree(salesforce.value, view.value, view.replica):
            continue
        targets.append(view.replica)
        given_up = view.seen is Seen.CHANGED and not view.silent and view.replica not in named
        if given_up:
            losers.append(Loser(view.replica, view.value, "direction"))
    if not targets:
        return NOTHING
    return Decision(SALESFORCE, tuple(targets), tuple(losers))
