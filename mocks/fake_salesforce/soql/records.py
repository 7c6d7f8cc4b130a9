"""Makes records of database rows: key order, attributes, parents, children, value types.

Rule 1: `attributes` comes first, then the keys in the order of SELECT.
Rule 2: a parent that is not there is null as a whole; so is a child list without rows.
Rule 3: a double is always written with a decimal part, a boolean is true or false.
Source: heroku/sf-functions-python and CumulusCI recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from fake_salesforce.schema.metadata import Field, SObject
from fake_salesforce.soql import plan
from fake_salesforce.soql.compiler import Base, SelectBuilder
from fake_salesforce.soql.formats import Formats

Row: TypeAlias = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """For whom records are made: *base* begins every `attributes.url`, *formats* writes for FORMAT()."""

    base: str
    formats: Formats


@dataclass(frozen=True, slots=True)
class ChildRows:
    """The rows of one child sub-query for one parent; records of them are made when they are shown."""

    build: Build
    lists: ChildLists
    rows: list[Row] = field(default_factory=list)

    def shown(self, setting: Setting) -> dict[str, Any]:
        """The list as it stands in the parent's record, whole."""
        records = [self.build(row, setting, self.lists) for row in self.rows]
        return {"totalSize": len(records), "done": True, "records": records}


ChildLists: TypeAlias = Mapping[str, Mapping[str, ChildRows]]  # key -> parent id -> its children
# (row, setting, child lists) -> a value of a record
Build: TypeAlias = Callable[[Row, Setting, ChildLists], Any]
# key, place in the row, conversion; or key, -1, builder
Entry: TypeAlias = tuple[str, int, Any]

_FLOATS: Final = frozenset({"double", "currency", "percent"})


@dataclass(slots=True)
class Reader:
    """How the rows of one SELECT become records. `children` are the sub-queries to run first."""

    build: Build
    id_index: int
    children: list[plan.Children] = field(default_factory=list)


def row_reader(builder: SelectBuilder, shapes: Sequence[plan.Shape]) -> Reader:
    """The reader of a query over rows; adds to *builder* the columns it reads."""
    children = [each for each in shapes if isinstance(each, plan.Children)]
    build = _record(builder, builder.root, shapes)
    return Reader(build, builder.id_index(builder.root), children)


def aggregate_reader(leaves: Sequence[plan.Leaf]) -> Build:
    """The reader of a query over groups: *leaves* are the columns, in order."""
    entries = [_shown(leaf, place, leaf.column.field) for place, leaf in enumerate(leaves)]

    def build(row: Row, setting: Setting, lists: ChildLists) -> dict[str, Any]:
        record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
        _fill(record, entries, row, setting, lists)
        return record

    return build


def _record(builder: SelectBuilder, base: Base, shapes: Sequence[plan.Shape]) -> Build:
    """A record of the row at *base*."""
    entries = [_entry(builder, base, shape) for shape in shapes]
    id_index = builder.id_index(base)
    name = base.sobject.name

    def build(row: Row, setting: Setting, lists: ChildLists) -> dict[str, Any]:
        record: dict[str, Any] = {
            "attributes": {"type": name, "url": f"{setting.base}/sobjects/{name}/{row[id_index]}"}
        }
        _fill(record, entries, row, setting, lists)
        return record

    return build


def _fill(record: dict[str, Any], entries: Sequence[Entry], row: Row, setting: Setting, lists: ChildLists) -> None:
    for key, place, convert in entries:
        if place < 0:
            record[key] = convert(row, setting, lists)
        else:
            value = row[place]
            record[key] = value if convert is None or value is None else convert(value)


def _entry(builder: SelectBuilder, base: Base, shape: plan.Shape) -> Entry:
    match shape:
        case plan.Leaf():
            return _leaf(builder, base, shape)
        case plan.Compound(key, parts):
            return key, -1, _compound(builder, base, parts)
        case plan.Parent(key, route, _, shapes):
            return key, -1, _parent(builder, base, route, shapes)
        case plan.Polymorphic():
            return shape.key, -1, _polymorphic(builder, base, shape)
        case plan.Children(key):
            id_index = builder.id_index(base)
            return key, -1, _children(key, id_index)


def _leaf(builder: SelectBuilder, base: Base, leaf: plan.Leaf) -> Entry:
    column = leaf.column
    place = _place(builder, base, column)
    if isinstance(column, plan.Column) and column.field.type == "base64":
        owner = builder.base_at(base, column.route)
        return leaf.key, -1, _blob(place, builder.id_index(owner), owner.sobject, column.field)
    return _shown(leaf, place, column.field)


def _shown(leaf: plan.Leaf, place: int, each: Field) -> Entry:
    """A value at *place*: plain, as label, or as the user's locale writes it."""
    if leaf.labels:
        return leaf.key, place, _labels(each)
    if leaf.localized:
        return leaf.key, -1, _localized(place, each)
    return leaf.key, place, _convert(each)


def _localized(place: int, each: Field) -> Build:
    def build(row: Row, setting: Setting, _lists: ChildLists) -> Any:
        return None if row[place] is None else setting.formats.text(each, row[place])

    return build


def _children(key: str, id_index: int) -> Build:
    def build(row: Row, setting: Setting, lists: ChildLists) -> dict[str, Any] | None:
        found = lists[key].get(row[id_index])
        return None if found is None else found.shown(setting)

    return build


def _place(builder: SelectBuilder, base: Base, column: plan.Operand) -> int:
    """Where the column is in the result; the same one is selected once."""
    if isinstance(column, plan.Column):
        return builder.column_index(builder.base_at(base, column.route), column.field)
    if not isinstance(column, plan.NameColumn):
        return builder.index(("function", id(column)), lambda: builder.expression(column, base))
    route = tuple(each.name for each in column.route)
    key = (base.key, route, column.reference.name, column.field.name)
    return builder.index(key, lambda: builder.expression(column, base))


def _convert(each: Field) -> Callable[[Any], Any] | None:
    if each.type == "boolean":
        return bool
    return float if each.type in _FLOATS else None


def _labels(each: Field) -> Callable[[Any], Any]:
    labels = {entry.value: entry.label for entry in each.picklist}
    return lambda value: labels.get(value, value)


def _blob(place: int, id_index: int, sobject: SObject, each: Field) -> Build:
    """A blob shows the path it is read from."""

    def build(row: Row, setting: Setting, _lists: ChildLists) -> str | None:
        if row[place] is None:
            return None
        return f"{setting.base}/sobjects/{sobject.name}/{row[id_index]}/{each.name}"

    return build


def _compound(builder: SelectBuilder, base: Base, parts: Sequence[tuple[str, plan.Column]]) -> Build:
    places = [(key, _place(builder, base, column)) for key, column in parts]

    def build(row: Row, _setting: Setting, _lists: ChildLists) -> dict[str, Any] | None:
        found = {key: row[place] for key, place in places}
        return found if any(value is not None for value in found.values()) else None

    return build


def _parent(builder: SelectBuilder, base: Base, route: Sequence[Field], shapes: Sequence[plan.Shape]) -> Build:
    """The record at the end of *route*; its shapes name their columns from *base*, as *route* does."""
    entries = [_entry(builder, base, shape) for shape in shapes]
    parent = builder.base_at(base, route)
    id_index = builder.id_index(parent)
    name = parent.sobject.name

    def build(row: Row, setting: Setting, lists: ChildLists) -> dict[str, Any] | None:
        if row[id_index] is None:
            return None
        record: dict[str, Any] = {
            "attributes": {"type": name, "url": f"{setting.base}/sobjects/{name}/{row[id_index]}"}
        }
        _fill(record, entries, row, setting, lists)
        return record

    return build


def _polymorphic(builder: SelectBuilder, base: Base, shape: plan.Polymorphic) -> Build:
    owner = builder.base_at(base, shape.route)
    place = builder.column_index(owner, shape.reference)
    by_type: dict[str, list[Entry]] = {}
    for target, shapes in shape.branches:
        hung = builder.join(owner, shape.reference, target)
        by_type[target.name] = [_entry(builder, hung, each) for each in shapes]
    otherwise = None
    if shape.otherwise is not None:
        otherwise = [_entry(builder, base, each) for each in shape.otherwise]
    by_prefix = builder.schema.by_prefix

    def build(row: Row, setting: Setting, lists: ChildLists) -> dict[str, Any] | None:
        found_id = row[place]
        target = None if found_id is None else by_prefix(found_id[:3])
        entries = by_type.get(target.name, otherwise) if target else None
        if target is None or entries is None:
            return None
        name = target.name
        record: dict[str, Any] = {"attributes": {"type": name, "url": f"{setting.base}/sobjects/{name}/{found_id}"}}
        _fill(record, entries, row, setting, lists)
        return record

    return build
