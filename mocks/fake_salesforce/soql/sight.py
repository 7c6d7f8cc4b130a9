"""What the running user may see, as far as a query is concerned.

Rule 1: a field that is not visible does not exist for the query: it is refused as an unknown column
is, in SELECT, WHERE, ORDER BY and GROUP BY alike, and FIELDS() leaves it out.
Rule 2: a row that is not visible is not found; as a parent it is null.
Rule 3: this module asks and knows nothing of profiles; who may see what is answered by the caller.
Source: SOQL and SOSL Reference ("No such column" for fields hidden by field-level security);
Salesforce Security Guide, sharing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sqlalchemy as sa

from fake_salesforce.schema.metadata import Field, SObject

# Given an object and its table (an alias of it): the SQL condition on visible rows, None for all.
# A bound parameter called `running_user` (compiler.USER) is the id of the user who asks.
RowFilter: TypeAlias = Callable[[SObject, sa.FromClause], sa.ColumnElement[bool] | None]


def _every_object(_sobject: SObject) -> bool:
    return True


def _every_field(_sobject: SObject, _field: Field) -> bool:
    return True


def _every_row(_sobject: SObject, _table: sa.FromClause) -> Any:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one kind of user sees. Statements are kept by *key*: equal keys must see alike.

    *readable*: the object may be read at all. *visible*: the field may be read. *row_filter*: which
    rows; what depends on the user is the parameter `running_user`, or *key* names the user.
    """

    key: Hashable
    readable: Callable[[SObject], bool] = field(default=_every_object, compare=False)
    visible: Callable[[SObject, Field], bool] = field(default=_every_field, compare=False)
    row_filter: RowFilter = field(default=_every_row, compare=False)


ALL: Sight = Sight(key=None)
