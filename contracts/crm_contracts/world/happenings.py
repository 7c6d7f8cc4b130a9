"""What happens to the systems rather than to one record: how each such operation is done to a world.

Each function takes the world and the operation and answers False when it made no sense just now. Everything goes over
HTTP, as an administrator's browser or data loader would do it: SOAP for what REST has not.
Must not import crm_sync.
Source: SOAP API Developer Guide, undelete() and merge(); Salesforce Help, Merge Accounts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from crm_contracts.world import ops
from crm_contracts.world.fields import FIELDS, FRAME
from crm_contracts.world.ops import SALESFORCE, Op

if TYPE_CHECKING:
    from crm_contracts.world.world import World

__all__ = ["HAPPENINGS"]

_ALL, _BLIND = "System Administrator", "Sync User of its own records"


def _undelete(world: World, op: ops.Undelete) -> bool:
    activity = world.oracle.model.activities.get(op.act)
    gone = [one for one in activity.records if one.side == SALESFORCE and one.deleted] if activity else []
    if not gone or (activity and activity.live(SALESFORCE)):
        return False
    if not world.stage.salesforce.undelete(gone[-1].id):
        return False  # the bin was emptied, or its customer is gone
    world.note(f"a user takes the Salesforce Task of {op.act} out of the recycle bin", activity=op.act)
    world.stir()
    world.oracle.user_undeleted(op.act, gone[-1].id, world.stage.salesforce.read(gone[-1].id))
    return True


def _clone(world: World, op: ops.Clone) -> bool:
    known = world.oracle.model.activities
    record = known[op.act].one(SALESFORCE) if op.act in known else None
    if record is None or op.new in known:
        return False
    names = [*(one.salesforce for one in FIELDS), *FRAME[SALESFORCE]]
    fields = {name: record.row[name] for name in names if record.row.get(name) is not None}
    create = ops.Create(side=SALESFORCE, act=op.new, at=known[op.act].at, fields=fields)
    return world._create(create)  # noqa: SLF001 - a copy is made as any record is


def _merge(world: World, op: ops.Merge) -> bool:
    accounts = world.stage.accounts
    if op.loser == op.into or {op.loser, op.into} - set(accounts) or {op.loser, op.into} & world.gone_customers:
        return False
    world.stage.salesforce.merge("Account", accounts[op.into], accounts[op.loser])
    world.gone_customers.add(op.loser)
    world.note(f"the accounts {op.loser} and {op.into} become one, {op.into}")
    world.stir()
    world.oracle.merged(op.loser, op.into, world.stage.salesforce.tasks())
    return True


def _move(world: World, op: ops.Move) -> bool:
    account = world.stage.accounts.get(op.to)
    if account is None or op.to in world.gone_customers:
        return False
    return world._write(SALESFORCE, op.act, {"WhatId": account})  # noqa: SLF001 - an edit like any other


def _forget(world: World, _op: ops.Forget) -> bool:
    world.sync.close()
    shutil.rmtree(world.connection.state)
    world.connection.state.mkdir()
    world.sync = world._start_again()  # noqa: SLF001 - as after a death, only that nothing is left
    world.sync.save(world.settings)
    world.note("all that the sync remembered is lost")
    world.stir()
    world.oracle.forgotten()
    return True


def _rights(world: World, op: ops.Rights) -> bool:
    profile = _BLIND if op.blind else _ALL
    given: dict[str, Any] = {"users": {world.stage.logins["salesforce"].credentials["username"]: {"profile": profile}}}
    if op.blind:
        given["profiles"] = {profile: {"like": "Standard User", "permissions": {"api_enabled": True}}}
        given["sharing"] = {"Account": "Private", "Task": "Private"}
    world.stage.control["salesforce"].seed({"settings": given})
    world.note(f"the sync's Salesforce user is a {profile} now")
    world.stir()
    world.oracle.rights(blind=op.blind)
    return True


def _skew(world: World, op: ops.Skew) -> bool:
    if op.vendor not in world.stage.clocks:
        return False
    world.stage.clocks[op.vendor].ahead = op.seconds
    world.note(f"the clock of {op.vendor} is {op.seconds} s ahead")
    world.stir()
    world.oracle.skewed({vendor: clock.ahead for vendor, clock in world.stage.clocks.items()})
    return True


HAPPENINGS: Mapping[type[Op], Callable[[Any, Any], bool]] = {
    ops.Undelete: _undelete,
    ops.Clone: _clone,
    ops.Merge: _merge,
    ops.Move: _move,
    ops.Forget: _forget,
    ops.Rights: _rights,
    ops.Skew: _skew,
}
