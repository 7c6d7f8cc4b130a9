"""New rows in bulk, composed one by one and written together.

Rule 1: the rows are those that `apply` would save one by one, ids and refusals included: the same checks in the same
order, `records.compose` for everything that follows from a row, uniqueness against the table and against the rows that
wait. What is not certain here is left to the slow way: a row that is refused while it is read, and every row where
rights, rules, locks or a fault may have a say (see `Fast.possible`).
Rule 2: rows wait only inside one chunk, that is one transaction.
Source: none of the vendor's; a test holds it against the slow way (test_bulk2_fast).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa

from fake_core.errors import VendorError
from fake_salesforce import record_ids
from fake_salesforce.errors import salesforce_error
from fake_salesforce.operations import records, values
from fake_salesforce.operations.automation.options import DEFAULTS
from fake_salesforce.operations.automation.rules import rules_of
from fake_salesforce.operations.body import reference
from fake_salesforce.operations.bulk import columns
from fake_salesforce.operations.bulk.columns import Column
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.derive import ONE_BY_ONE
from fake_salesforce.operations.prepared import prepared
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject

Cell: TypeAlias = Callable[[sa.Connection, Any], Any]


class Unsure(Exception):
    """The slow way has to tell what becomes of this row."""


class Fast:
    """A chunk of new rows of one object under the same columns.

    *absent* is what a cell that says nothing looks like; *key* is the field an upsert goes by.
    """

    def __init__(self, org: Org, caller: Caller, bound: Sequence[Column], *, sobject: SObject, absent: Any) -> None:
        self._org = org
        self._caller = caller
        self._prep = prepared(org, sobject)
        self._absent = absent
        self._cells = [(column.field.name, self._cell(column)) for column in bound]
        self._waiting: list[dict[str, Any]] = []
        self._given: list[dict[str, Any]] = []  # what was said of each of them
        self._taken: list[tuple[Field, dict[Any, str]]] = [(field, {}) for field in self._prep.unique]

    @staticmethod
    def possible(org: Org, caller: Caller, sobject: SObject, bound: Sequence[Column], rows: int) -> bool:
        """Whether *rows* new rows can be saved this way: nothing else may have a say in them, and they fit."""
        name = sobject.name
        if not sobject.createable or org.access is not None or name in ONE_BY_ONE:
            return False
        if caller.fault is not None or caller.options is not DEFAULTS or org.row_locks:
            return False
        if rules_of(org, name) is not None or prepared(org, sobject).tells_rights:
            return False
        if not all(column.field.createable and name not in column.field.reference_to for column in bound):
            return False
        return org.storage.has_room(name, rows)

    def add(self, conn: sa.Connection, cells: Sequence[Any], key: Field | None = None) -> str:
        """The id of a new row that now waits. Raises Unsure, or the SalesforceError that refuses it.

        With *key*, a row whose key is there already, or missing, is Unsure.
        """
        given: dict[str, Any] = {}
        absent = self._absent
        try:
            for (name, read), value in zip(self._cells, cells, strict=True):
                if value is not absent:
                    given[name] = read(conn, value)
        except VendorError as error:
            raise Unsure from error
        if key is not None and self._is_known(conn, key, given.get(key.name)):
            raise Unsure
        new = records.compose(self._org, self._caller, conn, self._prep, given)
        for field, taken in self._taken:
            value = new[field.name]
            if value is None:
                continue
            records.refuse_duplicate(conn, self._prep, field, new)
            other = taken.get(_folded(value, field))
            if other is not None:
                raise salesforce_error("DUPLICATE_VALUE", field=field.name, value=record_ids.to_15(other))
        for field, taken in self._taken:
            taken[_folded(new[field.name], field)] = new["Id"]
        self._waiting.append(new)
        self._given.append(given)
        record_id: str = new["Id"]
        return record_id

    def _is_known(self, conn: sa.Connection, key: Field, value: Any) -> bool:
        if value is None or records.rows_with(conn, self._prep, key, value):
            return True
        wanted = _folded(value, key)
        return any(_folded(new[key.name], key) == wanted for new in self._waiting)

    def flush(self, conn: sa.Connection) -> None:
        """Write the rows that wait, and what they change in others. Raises what refuses one of them."""
        waiting, said = self._waiting, self._given
        self._waiting, self._given = [], []
        for _, taken in self._taken:
            taken.clear()
        if not waiting:
            return
        self._prep.insert.run_many(conn, waiting)
        for new, given in zip(waiting, said, strict=True):
            records.inserted(self._org, self._caller, conn, self._prep, new, given)

    # --- cells --------------------------------------------------------------------------------------

    def _cell(self, column: Column) -> Cell:
        """How a cell of *column* is read and checked, all that is the same for every row looked up once."""
        field = column.field
        parse = values.reader(field.type)
        check = values.checker(field.type)
        if field.is_reference:
            return self._reference(column)

        def read(_conn: sa.Connection, value: Any) -> Any:
            parsed = None if value is None else parse(value, field)
            if parsed is None:
                if field.type == "boolean" or not field.nillable:
                    raise Unsure
                return None
            return parsed if check is None else check(parsed, field)

        return read

    def _reference(self, column: Column) -> Cell:
        """References repeat: one that was found good stays good while the chunk lasts."""
        org, prep, field = self._org, self._prep, column.field
        known: dict[Any, str] = {}

        def read(conn: sa.Connection, value: Any) -> Any:
            if value is None:
                if not field.nillable:
                    raise Unsure
                return None
            found = known.get(value)
            if found is None:
                record_id = value
                if column.parent is not None:
                    record_id = columns.parent_id(org, conn, column, value)
                parsed = values.parse(record_id, field)
                if parsed is None:
                    if not field.nillable:
                        raise Unsure
                    return None
                found = known[value] = reference(org, conn, prep.sobject, field, parsed)
            return found

        return read


def _folded(value: Any, field: Field) -> Any:
    """*value* as the table compares it: in texts, unless told otherwise, ASCII letters have no case."""
    if field.case_sensitive or not isinstance(value, str):
        return value
    return value.encode("utf-8", "surrogatepass").lower()
