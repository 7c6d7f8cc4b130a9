"""What the lane does not hold against a fake, row by row, each with its reason: exclusions.toml.

Rule: an exclusion names a check, operations and an answer, and excuses exactly that. It is applied to a failure that
has happened, so that everything else the check says still counts, and a row that excuses nothing can be found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Exclusion:
    """One excuse. *operations* are patterns of operationIds; *status* and *body* (a pattern) narrow it to an answer."""

    vendor: str
    check: str
    operations: tuple[str, ...]
    reason: str
    status: tuple[int, ...] = ()
    body: str = ""

    def excuses(self, *, check: str, operation_id: str, status: int, body: str) -> bool:
        """Whether this row excuses a failure of *check* on an answer."""
        return (
            check == self.check
            and any(re.fullmatch(one, operation_id) for one in self.operations)
            and (not self.status or status in self.status)
            and (not self.body or re.search(self.body, body) is not None)
        )


@cache
def exclusions() -> Sequence[Exclusion]:
    """Every row of exclusions.toml."""
    text = files("crm_contracts.openapi").joinpath("exclusions.toml").read_text(encoding="utf-8")
    return tuple(
        Exclusion(
            vendor=row["vendor"],
            check=row["check"],
            operations=tuple(row["operations"]),
            reason=row["reason"],
            status=tuple(row.get("status", ())),
            body=row.get("body", ""),
        )
        for row in tomllib.loads(text).get("exclusion", [])
    )
