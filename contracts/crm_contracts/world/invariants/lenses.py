"""I16, lens laws: a value survives the way there and back, and what only one side can say is left alone.

Laws, for the readings of the oracle's own table (`crm_contracts.world.fields`) and for any way to write:
GetPut: writing what is read there already changes nothing. PutGet: what was written reads back as the same value.
Canon: reading what was read gives the same again.
In a history GetPut is the oracle's: a field that still reads the same and was rewritten is a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_contracts.world.violations import LensBroken

__all__ = ["check_laws"]

Value = Any


def check_laws(
    name: str,
    *,
    read: Callable[[Value], Value],
    write: Callable[[Value, Value], Value],
    stored: Value,
    value: Value,
) -> None:
    """Hold one lens to its laws at one point.

    *read* gives the canonical value of what is stored; *write* (canonical value, what is stored now) gives what to
    store. *value* is canonical. Raises LensBroken naming the law.
    """
    got = read(stored)
    if write(got, stored) != stored:
        raise LensBroken(f"{name}: GetPut: {stored!r} reads {got!r}; written back it is {write(got, stored)!r}")
    back = read(write(value, stored))
    if back != value:
        raise LensBroken(f"{name}: PutGet: {value!r} was written over {stored!r} and reads {back!r}")
    again = read(write(back, stored))
    if again != back:
        raise LensBroken(f"{name}: canon: {back!r} reads {again!r} the second time")
