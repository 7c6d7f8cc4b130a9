"""What is well formed in a capsule and makes no sense: a vendor that has no part in it, a record that nobody made.

Rule 1: what could never be played is an error. What would only leave an operation without effect is told, or refused
when told so: a shortened history may have such operations.
"""

from __future__ import annotations

from collections.abc import Iterator

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.stages import customers_of, settings_of
from crm_contracts.world import ops
from crm_contracts.world.ops import Op
from fake_core.errors import MisuseError
from fake_core.faults import KINDS

__all__ = ["idle", "impossible"]

Where = tuple[str | int, ...]  # `ops`, 2: the third operation
_AT = ("at", "to", "customer", "loser", "into")


def impossible(capsule: Capsule) -> Iterator[tuple[Where, str]]:
    """What cannot be played, and why."""
    vendors = ("salesforce", capsule.profile)
    settings = None
    try:
        settings = settings_of(capsule)
    except MisuseError as error:
        yield ("settings",), str(error)
    for where, op in _each(capsule):
        vendor = op.vendor if isinstance(op, (ops.InjectFault, ops.Skew)) else vendors[0]
        if vendor not in vendors:
            yield (*where, "vendor"), f"{vendor!r} is not one of {', '.join(vendors)}"
        if isinstance(op, ops.InjectFault) and op.fault not in KINDS:
            yield (*where, "fault"), f"no fault of kind {op.fault!r}: choose one of {', '.join(KINDS)}"
        if isinstance(op, ops.Configure) and settings is not None:
            try:
                settings = settings.changed(op.settings)
            except MisuseError as error:
                yield (*where, "settings"), str(error)


def idle(capsule: Capsule) -> Iterator[tuple[Where, str]]:
    """Operations that can have no effect, and why."""
    customers = customers_of(capsule)
    made: set[str] = set()
    for where, op in _each(capsule):
        given = op.to_dict() | ({"at": op.at} if isinstance(op, ops.Create) else {})
        for name in _AT:
            handle = given.get(name)
            if handle is not None and handle not in customers:
                yield (*where, name), f"there is no customer {handle!r}: there are {', '.join(customers)}"
        act = given.get("act")
        if op.kind == "create":
            made.add(str(act))
        elif act is not None and act not in made:
            yield (*where, "act"), f"nobody made {act!r} before: there are {', '.join(sorted(made)) or 'none yet'}"
        if given.get("new"):
            made.add(str(given["new"]))


def _each(capsule: Capsule) -> Iterator[tuple[Where, Op]]:
    for key in ("start", "ops"):
        for number, op in enumerate(getattr(capsule, key)):
            yield (key, number), op
