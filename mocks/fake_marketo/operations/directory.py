"""What is only read here: users, people, campaign steps; and the Salesforce tasks that the integration itself logged.

Rule 1: two people may have one email; a person's Salesforce ids are what the sync goes by (M26).
Rule 2: a logged email or call is no reminder: its Salesforce task is on a list, so that no import takes it for one
(M25).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fake_marketo.errors import SiaError
from fake_marketo.operations import fields, lists
from fake_marketo.operations.call import Call
from fake_marketo.store import CAMPAIGN_STEPS, LOGGED_ACTIVITIES, PEOPLE, USERS, Row


def me(call: Call) -> dict[str, Any]:
    """Who calls, and in which tenant."""
    return {"tenant": call.tenant.config.tenant_id, "user": fields.shown("user", call.user)}


def users(call: Call, parameters: Mapping[str, str]) -> dict[str, Any]:
    made = lists.page(call, USERS, parameters, ())
    return {**made, "items": [fields.shown("user", row) for row in made["items"]]}


def user(call: Call, key: str) -> Row:
    return fields.shown("user", call.named(USERS, "user", key))


def people(call: Call, parameters: Mapping[str, str]) -> dict[str, Any]:
    return lists.page(call, PEOPLE, parameters, [call.own_people()])


def person(call: Call, key: str) -> Row:
    return call.named(PEOPLE, "person", key, call.own_people())


def campaign_steps(call: Call, parameters: Mapping[str, str]) -> dict[str, Any]:
    return lists.page(call, CAMPAIGN_STEPS, parameters, ())


def logged_activities(call: Call, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Of the whole tenant: a task that one user's connection logged may belong to another user."""
    where = lists.changed_since(call, LOGGED_ACTIVITIES, parameters)
    return lists.page(call, LOGGED_ACTIVITIES, parameters, where, also="changed_since")


def log_activity(call: Call, sf_task_id: str) -> Row:
    """Put a Salesforce task on the list; there it stays, however often."""
    if not fields.SF_ID.fullmatch(sf_task_id):
        raise SiaError("not_found", what="Salesforce task of an 18-character id:", key=sf_task_id)
    table = LOGGED_ACTIVITIES
    row = table.by(call.connection, "sf_task_id", sf_task_id)
    if row is None:
        given = {"id": table.next_id(call.connection, block=call.tenant.ids.block), "sf_task_id": sf_task_id}
        row = fields.whole("logged_activity", given, now=call.now(), the_caller=call.user["id"])
        table.put(call.connection, row)
    return row
