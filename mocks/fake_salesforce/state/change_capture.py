"""Change Data Capture: which objects of an org are watched, and how the store writes down what happens to their rows.

    change_data_capture = ["Account", "Task"]        # in the org file

Rule 1: the store itself watches, with a trigger for each kind of change: whichever way a row is written, its change is
written with it, in the same transaction, and taken back with it. An org without such a list has no trigger.
Rule 2: five objects may be watched; the feature `change_data_capture_add_on` lifts that.
Rule 3: what is written down is raw: `operations.changes` makes events of it when somebody reads them.
Source: Change Data Capture Developer Guide (objects selected for change events); Limits and Allocations Quick Reference
(five entities without the add-on).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from fake_core.clock import Clock
from fake_salesforce import data_files
from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.schema.org_file import refuse, texts
from fake_salesforce.state import acting

if TYPE_CHECKING:
    from fake_core.store import Store

CHANGES: Final = "understudy_changes"
FUNCTION: Final = "org_change"  # what a trigger asks for: who, when, in which transaction
ENTITIES_MAX: Final = 5
ADD_ON: Final = "change_data_capture_add_on"
_KEY: Final = "change_data_capture"
_TRIGGER: Final = "understudy_change_"
_COLUMNS_AT_ONCE: Final = 30  # SQLite takes 127 arguments of a function


def add_tables(metadata: sa.MetaData) -> None:
    """Register the table in an org's MetaData, once: orgs may share a schema."""
    if CHANGES in metadata.tables:
        return
    sa.Table(
        CHANGES,
        metadata,
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),  # CREATE, UPDATE, DELETE, UNDELETE
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("old", sa.Text),  # JSON by field name; a null may be left out
        sa.Column("new", sa.Text),
        sqlite_autoincrement=True,  # no number is given twice, or a reader would miss an event
    )


class ChangeCapture:
    """The watched objects of one org; see the rules above."""

    def __init__(self, extra: Mapping[str, Any], schema: Schema, clock: Clock) -> None:
        """Raises MisuseError for a list that cannot be."""
        self.entities = _entities(extra, schema)
        self._schema = schema
        self._clock = clock
        self._store: Store | None = None
        self._transactions_before = 0

    def install(self, store: Store) -> None:
        """Put the triggers of the watched objects into *store*, and take all others out."""
        self._store = store
        with (
            store.read() as conn
        ):  # no transaction: a kept file's parts are not read yet, and a commit would replace them
            found = conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for (name,) in found:
                if name.startswith(_TRIGGER):
                    conn.exec_driver_sql(f'DROP TRIGGER "{name}"')
            for entity in self.entities:
                sobject = self._schema.sobject(entity)
                assert sobject is not None, "the list was checked"
                for statement in _triggers(sobject):
                    conn.exec_driver_sql(statement)
            table = self._schema.metadata.tables[CHANGES]
            last = conn.execute(sa.select(table.c.context).order_by(table.c.number.desc()).limit(1)).scalar()
        self._transactions_before = json.loads(last)["transaction"] if last else 0

    def context(self) -> str:
        """Who changes, when and in which transaction, as JSON: what a trigger keeps beside the row."""
        assert self._store is not None, "a trigger is only there after install()"
        return json.dumps(
            {
                "transaction": self.dump(),
                "at": int(self._clock.now().timestamp() * 1_000),
                "user": acting.user_id(),
                "origin": acting.origin(),
            }
        )

    # A part of the store: without it a snapshot put into another org would give numbers of transactions twice, and the
    # same changes after a restore other numbers than before it.

    def dump(self) -> int:
        """How many transactions there were in all the org's life."""
        return self._transactions_before + (0 if self._store is None else self._store.transactions)

    def load(self, state: int) -> None:
        """Go on counting from *state*."""
        self._transactions_before = state - (0 if self._store is None else self._store.transactions)


def watched_fields(sobject: SObject) -> list[Field]:
    """The fields that a change event may hold, in the describe's order."""
    left_out = data_files.load("change_events.toml")["left_out"]
    whole = {each.compound_field_name for each in sobject.columns}  # told in their parts (Name of a person)
    names, types = whole | frozenset(left_out["fields"]), frozenset(left_out["types"])
    return [
        each for each in sobject.columns if each.name not in names and each.type not in types and not each.calculated
    ]


def _entities(extra: Mapping[str, Any], schema: Schema) -> tuple[str, ...]:
    given = extra.get(_KEY, [])
    if not isinstance(given, list):
        refuse(_KEY, f"is {given!r}", "make it a list of object names")
    found: list[str] = []
    for name in texts(given, _KEY):
        sobject = schema.sobject(name)
        if sobject is None or sobject.view is not None or sobject.key_prefix is None:
            refuse(_KEY, f"{name!r} is no object whose changes can be watched", "name one that holds rows")
        if sobject.name in found:
            refuse(_KEY, f"{sobject.name} stands there twice", "remove one")
        found.append(sobject.name)
    if len(found) > ENTITIES_MAX and ADD_ON not in extra.get("features", ()):
        what = f"holds {len(found)} objects; without an add-on it is {ENTITIES_MAX}"
        refuse(_KEY, what, f'take some out, or say features = ["{ADD_ON}"]')
    return tuple(found)


def _triggers(sobject: SObject) -> Iterator[str]:
    name = sobject.name
    has_bin = sobject.field("IsDeleted") is not None
    old, new = _as_json("OLD", sobject), _as_json("NEW", sobject)
    into = f'INSERT INTO "{CHANGES}" (entity, record, kind, context, old, new)'

    def trigger(event: str, when: str, kind: str, row: str, before: str, after: str) -> str:
        values = f"'{name}', {row}.\"Id\", {kind}, {FUNCTION}(), {before}, {after}"
        head = f'CREATE TRIGGER "{_TRIGGER}{name}_{event}" AFTER {event} ON "{name}"{when}'
        return f"{head} BEGIN {into} VALUES ({values}); END"

    yield trigger("INSERT", "", "'CREATE'", "NEW", "NULL", new)
    if has_bin:
        living = ' WHEN NOT (OLD."IsDeleted" AND NEW."IsDeleted")'
        kind = "CASE WHEN NEW.\"IsDeleted\" THEN 'DELETE' WHEN OLD.\"IsDeleted\" THEN 'UNDELETE' ELSE 'UPDATE' END"
        yield trigger("UPDATE", living, kind, "NEW", old, new)
        yield trigger("DELETE", ' WHEN NOT OLD."IsDeleted"', "'DELETE'", "OLD", old, "NULL")
    else:
        yield trigger("UPDATE", "", "'UPDATE'", "NEW", old, new)
        yield trigger("DELETE", "", "'DELETE'", "OLD", old, "NULL")


def _as_json(row: str, sobject: SObject) -> str:
    """SQL for the row as a JSON object: in pieces, for a function has only so many arguments."""
    names = [field.name for field in watched_fields(sobject)]
    pieces = [
        "json_object(" + ", ".join(f"'{name}', {row}.\"{name}\"" for name in names[at : at + _COLUMNS_AT_ONCE]) + ")"
        for at in range(0, len(names), _COLUMNS_AT_ONCE)
    ]
    whole = pieces[0] if pieces else "'{}'"
    for piece in pieces[1:]:
        whole = f"json_patch({whole}, {piece})"
    return whole
