"""SELECT of a query over rows: which keys a record has, in which order, and what fills them.

Rule 1: keys appear where they were first mentioned, in the describe's spelling.
Rule 2: a field selected twice is refused, also when FIELDS() brought one of the two.
Source: SOQL and SOSL Reference, "SELECT", "FIELDS()", "TYPEOF", "toLabel()".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from fake_salesforce.metadata import Field, Schema, SObject
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.errors import NotFaked, soql_error
from fake_salesforce.soql.names import (
    NAME_FIELDS,
    Scope,
    find_column,
    follow,
    is_polymorphic,
    relationship_name,
)
from fake_salesforce.soql.operands import NOT_FAKED, find_operand, only_argument

COMPOUNDS: Final = frozenset({"address", "location"})
FIELD_GROUPS: Final = frozenset({"ALL", "STANDARD", "CUSTOM"})
# The parts of an address in the order of the answer.
_ADDRESS_PARTS: Final = (
    "city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street",
)  # fmt: skip

ChildChecker = Callable[[syntax.Query], plan.Children]


class SelectionChecker:
    """Checks one SELECT list. `unbounded`: FIELDS(ALL) or FIELDS(CUSTOM) was in it."""

    def __init__(self, scope: Scope, *, child: ChildChecker) -> None:
        self.scope = scope
        self.child = child
        self.unbounded = False
        self.fields_call: syntax.Call | None = None
        self._root: _Node = _Node(scope.schema, scope.sobject, ())

    def shapes(self, items: Iterable[syntax.SelectItem]) -> tuple[plan.Shape, ...]:
        """What a record is made of."""
        for item in items:
            match item:
                case syntax.ChildItem(query):
                    child = self.child(query)
                    self._root.put(child.key, child)
                case syntax.TypeofItem():
                    self._typeof(item)
                case syntax.Item(syntax.Call() as call, alias, _):
                    self._function(call, alias)
                case syntax.Item(syntax.Path() as path, alias, _):
                    if alias is not None:
                        raise soql_error("field_alias")
                    self._field(self._root, self.scope, path)
        shapes = self._root.shapes()
        if not shapes and self.fields_call is not None:
            # FIELDS(CUSTOM) of an object that has none: documented to fail unless other fields are listed.
            raise soql_error("fields_none", self.scope.text, self.fields_call.at)
        return shapes

    def _function(self, call: syntax.Call, alias: str | None) -> None:
        name = call.name.upper()
        if name == "FIELDS":
            self._fields(call)
        elif name == "TOLABEL":
            column = find_operand(self.scope, only_argument(self.scope, call), aggregates=False)
            if not isinstance(column, plan.Column):
                raise NotFaked("toLabel() over a function or polymorphic relationship")
            node = self._root.parents(column.route)
            key = alias or column.field.name
            node.put(key, plan.Leaf(key, column, labels=True))
        elif name in NOT_FAKED:
            raise NotFaked(NOT_FAKED[name])
        else:
            find_operand(self.scope, call, aggregates=False)
            raise AssertionError(f"{name} makes a query over groups")

    def _fields(self, call: syntax.Call) -> None:
        words = [str(each).upper() for each in call.arguments if isinstance(each, syntax.Path)]
        if len(words) != 1 or len(call.arguments) != 1 or words[0] not in FIELD_GROUPS:
            raise soql_error(
                "unexpected_token",
                self.scope.text,
                call.at + len(call.name),
                token="(",  # noqa: S106
            )
        self.unbounded = self.unbounded or words[0] != "STANDARD"
        self.fields_call = call
        for each in self.scope.sobject.fields:
            wanted = words[0] == "ALL" or each.custom == (words[0] == "CUSTOM")
            if wanted and self.scope.sight.visible(self.scope.sobject, each):
                self._put_field(self._root, plan.Column((), self.scope.sobject, each))

    def _field(self, node: _Node, scope: Scope, path: syntax.Path) -> None:
        column = find_column(scope, path)
        if isinstance(column, plan.NameColumn):
            node.parents(column.route).name_field(column)
        else:
            self._put_field(node.parents(column.route), column)

    def _put_field(self, node: _Node, column: plan.Column) -> None:
        key = column.field.name
        if column.field.type in COMPOUNDS:
            node.put(key, plan.Compound(key, _parts(column)))
        else:
            node.put(key, plan.Leaf(key, column))

    def _typeof(self, item: syntax.TypeofItem) -> None:
        scope, text = self.scope, self.scope.text
        names = scope.local(item.reference)
        route, sobject, reference = follow(scope, names, item.reference)
        if reference is None:
            raise soql_error("typeof_not_polymorphic", text, item.reference.at, relationship=item.reference)
        branches = []
        for type_path, paths in item.branches:
            target = scope.schema.sobject(str(type_path))
            if target is None or target.name not in reference.reference_to or not scope.sight.readable(target):
                raise soql_error("no_such_type", text, type_path.at, name=type_path)
            branches.append((target, self._branch(target, paths)))
        otherwise = None
        if item.otherwise is not None:
            otherwise = self._otherwise(item.otherwise, route, sobject, reference)
        key = relationship_name(reference)
        shape = plan.Polymorphic(key, route, sobject, reference, tuple(branches), otherwise)
        self._root.parents(route).put(key, shape)

    def _branch(self, target: SObject, paths: tuple[syntax.Path, ...]) -> tuple[plan.Shape, ...]:
        scope = Scope(
            schema=self.scope.schema,
            text=self.scope.text,
            sobject=target,
            own_names=frozenset({target.name.lower()}),
            usage=self.scope.usage,
            sight=self.scope.sight,
        )
        node = _Node(scope.schema, target, ())
        for path in paths:
            self._field(node, scope, path)
        return node.shapes()

    def _otherwise(
        self,
        paths: tuple[syntax.Path, ...],
        route: tuple[Field, ...],
        sobject: SObject,
        reference: Field,
    ) -> tuple[plan.Shape, ...]:
        shapes: dict[str, plan.Shape] = {}
        for path in paths:
            stand_in = NAME_FIELDS.get(str(path).lower())
            if stand_in is None:
                raise soql_error("no_such_column", self.scope.text, path.at, field=path, entity="Name")
            if stand_in.name in shapes:
                raise soql_error("duplicate_field", field=stand_in.name)
            column = plan.NameColumn(route, sobject, reference, stand_in)
            shapes[stand_in.name] = plan.Leaf(stand_in.name, column)
        return tuple(shapes.values())


class _Node:
    """A record in the making: its keys in order of first mention."""

    def __init__(self, schema: Schema, sobject: SObject, route: tuple[Field, ...]) -> None:
        self.schema = schema
        self.sobject = sobject
        self.route = route
        self._entries: dict[str, plan.Shape | _Node | _NameNode] = {}

    def put(self, key: str, shape: plan.Shape) -> None:
        if key in self._entries:
            raise soql_error("duplicate_field", field=key)
        self._entries[key] = shape

    def parents(self, route: tuple[Field, ...]) -> _Node:
        """The node at the end of *route*, which starts here."""
        node = self
        for reference in route:
            assert not is_polymorphic(reference), "names.follow stops there"
            key = relationship_name(reference)
            entry = node._entries.get(key)
            if entry is None:
                target = self.schema.sobject(reference.reference_to[0])
                assert target is not None, "names.follow looked"
                entry = _Node(self.schema, target, (*node.route, reference))
                node._entries[key] = entry
            if not isinstance(entry, _Node):
                raise soql_error("duplicate_field", field=key)
            node = entry
        return node

    def name_field(self, column: plan.NameColumn) -> None:
        """Add a field behind a polymorphic reference of this node's row."""
        key = relationship_name(column.reference)
        entry = self._entries.setdefault(key, _NameNode(column))
        if not isinstance(entry, _NameNode):
            raise soql_error("duplicate_field", field=key)
        entry.put(column)

    def shapes(self) -> tuple[plan.Shape, ...]:
        return tuple(
            entry.shape(key) if isinstance(entry, _Node | _NameNode) else entry for key, entry in self._entries.items()
        )

    def shape(self, key: str) -> plan.Shape:
        return plan.Parent(key, self.route, self.sobject, self.shapes())


class _NameNode:
    """A polymorphic parent in the making."""

    def __init__(self, first: plan.NameColumn) -> None:
        self.first = first
        self._leaves: dict[str, plan.Shape] = {}

    def put(self, column: plan.NameColumn) -> None:
        key = column.field.name
        if key in self._leaves:
            raise soql_error("duplicate_field", field=key)
        self._leaves[key] = plan.Leaf(key, column)

    def shape(self, key: str) -> plan.Shape:
        first = self.first
        return plan.Polymorphic(key, first.route, first.sobject, first.reference, (), tuple(self._leaves.values()))


def _parts(column: plan.Column) -> tuple[tuple[str, plan.Column], ...]:
    """The stored parts of a compound, by their key in the answer."""
    compound = column.field
    found: dict[str, plan.Column] = {}
    for each in column.sobject.fields:
        if each.compound_field_name == compound.name and each.column:
            key = _part_key(compound.name, each.name)
            found[key] = plan.Column(column.route, column.sobject, each)
    order = {key: place for place, key in enumerate(_ADDRESS_PARTS)}
    return tuple(sorted(found.items(), key=lambda part: order.get(part[0], len(order))))


def _part_key(compound: str, part: str) -> str:
    """`BillingPostalCode` of `BillingAddress` is `postalCode`; `Where__Latitude__s` `latitude`."""
    stem = compound.removesuffix("Address").removesuffix("__c")
    rest = part.removeprefix(stem).strip("_").removesuffix("__s")
    return rest[:1].lower() + rest[1:]
