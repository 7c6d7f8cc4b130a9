"""A plan of one activity as its tests write it: what it says, and nothing of what it does not say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.crm_sync.facts import SF_ID, SUBJECT, Facts, section

from crm_sync.model import Activity, Direction
from crm_sync.plan import Plan, plan_activity

KEYS = {"sourceId": SF_ID}
FIRST_ID = "00T000000000000EAA"  # before SF_ID; OTHER_ID comes after
TASK, CONVERSATION = section("Task"), section("Conversation", replace(SUBJECT, partner="subject"))
TWO = [TASK, CONVERSATION]
RECEIVE, SEND = Direction.RECEIVE, Direction.SEND


class Unasked(Facts):
    """The partner's parents would have to be fetched first."""

    def account_of_parent(self, parent_id: Any) -> str | None:
        raise AssertionError(f"the parent {parent_id} was looked up")


def read(text: str) -> str:
    """As it comes out of a configuration: an object of its own."""
    return "".join(list(text))


def told(plan: Plan) -> dict[str, Any]:
    """What a plan says, without what it does not say."""
    verdicts = {key: (outcome.name, *([why] if why else [])) for key, (outcome, why) in plan.verdicts.items()}
    said = {
        "write": plan.write,
        "create": plan.create,
        "delete": plan.delete,
        "drop": plan.drop,
        "keep": plan.keep,
        "conflicts": [(c.field, c.winner, c.loser, c.winning_value, c.losing_value, c.policy) for c in plan.conflicts],
        "held": [(h.field, h.value, h.reason) for h in plan.held],
        "notes": plan.notes,
        "wait": plan.wait,
        "refuse": plan.refuse,
    }
    return {"verdicts": verdicts} | {name: value for name, value in said.items() if value}


def plan(one: Activity, *sections: Any, **facts: Any) -> dict[str, Any]:
    return told(plan_activity(one, Facts(sections=sections or [TASK], **facts)))


def only(outcome: str, why: str = "", *, key: str = "Task:Task", **said: Any) -> dict[str, Any]:
    return {"verdicts": {key: (outcome, why) if why else (outcome,)}, **said}


UNCHANGED, UPDATED = only("UNCHANGED"), only("UPDATED")
