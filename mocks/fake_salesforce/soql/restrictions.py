"""What only some objects refuse: objects that answer no query without a filter.

Rule 1: which objects those are, and their words, are rows of `restrictions.toml`. A row bites when the
org has the object.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from fake_salesforce.errors import SalesforceError
from fake_salesforce.soql import syntax
from fake_salesforce.soql.names import Scope


@cache
def restrictions() -> Mapping[str, Mapping[str, Any]]:
    """The rows of restrictions.toml by object."""
    text = resources.files("fake_salesforce.soql").joinpath("restrictions.toml").read_text("utf-8")
    return tomllib.loads(text)


def check_restrictions(scope: Scope, where: syntax.Condition | None) -> None:
    """Refuse a query that lacks the filter its object asks for."""
    row = restrictions().get(scope.sobject.name)
    if row is None:
        return
    wanted = {name.lower() for name in row["filters"]}
    terms = where.conditions if isinstance(where, syntax.AllOf) else () if where is None else (where,)
    if not any(_names(scope, term, wanted) for term in terms):
        raise SalesforceError(
            key=f"soql.restrictions.{scope.sobject.name}",
            status=400,
            code=row["code"],
            message=row["message"],
            fields=None,
        )


def _names(scope: Scope, term: syntax.Condition, wanted: set[str]) -> bool:
    """*term* says which ids one of the *wanted* fields may hold."""
    match term:
        case syntax.AllOf(conditions):
            return any(_names(scope, each, wanted) for each in conditions)
        case (
            syntax.Compare(left=syntax.Path() as path, operator="=")
            | syntax.Membership(left=syntax.Path() as path, negated=False, inner=None)
        ):
            names = scope.local(path)
            return len(names) == 1 and names[0].lower() in wanted
    return False
