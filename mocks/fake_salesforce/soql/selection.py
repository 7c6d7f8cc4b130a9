"""SELECT of a query over rows: which keys a record has, in which order, and what fills them.

Rule 1: keys appear where they were first mentioned, in the describe's spelling.
Rule 2: a field selected twice is refused, also when FIELDS() brought one of the two.
Source: SOQL and SOSL Reference, "SELECT", "FIELDS()", "TYPEOF", "toLabel()".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from fake_salesforce.schema.metadata import Field, Schema, SObject
from fake_salesforce.soql import plan, syntax
from fake_salesforce.soql.errors import soql_error
from fake_salesforce.soql.names import (
    NAME_FIELDS,
    Scope,
    compound_parts,
    find_column,
    follow,
    is_polymorphic,
    relationship_name,
)
from fake_salesforce.soql.operands import (
    COMPOUNDS,
    SHOWN,
    converted,
    find_operand,
    function_of,
    no_function,
    only_argument,
)

FIELD_GROUPS: Final = frozenset({"ALL", "STANDARD", "CUSTOM"})
ChildChecker = Callable[[syntax.Query], plan.Children]


class SelectionChecker:
    """Checks one SELECT list. `unbounded`: FIELDS(ALL) or FIELDS(CUSTOM) was in it."""

    def __init__(self, scope: Scope, *, child: ChildChecker, fields_known: bool = True) -> None:
        """Without *fields_known* the API version is older than FIELDS()."""
        self.scope = scope
        self.child = child
        self.fields_known = fields_known
        self.unbounded = False
        self.fields_call: syntax.Call | None = None
        self.long_texts = 0
        self._unnamed = 0
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
        elif name in SHOWN:
            operand, labels, localized = shown(self.scope, call, aggregates=False)
            key = alias or operand.field.name
            leaf = plan.Leaf(key, operand, labels=labels, localized=localized)
            self._put_leaf(operand, leaf)
        elif name == "DISTANCE":
            operand = find_operand(self.scope, call, aggregates=False)
            key = alias or f"expr{self._unnamed}"
            self._unnamed += alias is None
            self._root.put(key, plan.Leaf(key, operand))
        else:
            raise no_function(self.scope, call)

    def _put_leaf(self, operand: plan.Operand, leaf: plan.Leaf) -> None:
        """A shown field stands where the plain one would."""
        match operand:
            case plan.NameColumn(route):
                self._root.parents(route).name_field(operand, leaf)
            case plan.Column(route):
                self._root.parents(route).put(leaf.key, leaf)
            case _:
                self._root.put(leaf.key, leaf)

    def _fields(self, call: syntax.Call) -> None:
        words = [str(each).upper() for each in call.arguments if isinstance(each, syntax.Path)]
        if not self.fields_known or len(words) != 1 or len(call.arguments) != 1 or words[0] not in FIELD_GROUPS:
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
            node.parents(column.route).name_field(column, plan.Leaf(column.field.name, column))
        else:
            self._put_field(node.parents(column.route), column)

    def _put_field(self, node: _Node, column: plan.Column) -> None:
        key = column.field.name
        if column.field.type in COMPOUNDS:
            node.put(key, plan.Compound(key, compound_parts(column)))
        else:
            # "Long text" is what no client can filter by; the vendor counts custom ones.
            self.long_texts += column.field.custom and column.field.type == "textarea" and not column.field.filterable
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


def shown(scope: Scope, call: syntax.Call, *, aggregates: bool) -> tuple[plan.Operand, bool, bool]:
    """What FORMAT, convertCurrency and toLabel, in each other, are about; whether as label, whether localized."""
    labels = localized = False
    what: syntax.Operand = call
    while isinstance(what, syntax.Call) and (name := function_of(what)) in SHOWN:
        if name == "CONVERTCURRENCY":
            return converted(scope, what, aggregates=aggregates), labels, localized
        labels = labels or name == "TOLABEL"
        localized = localized or name == "FORMAT"
        what = only_argument(scope, what)
    operand = find_operand(scope, what, aggregates=aggregates)
    simple = isinstance(operand, plan.Column | plan.NameColumn) and operand.field.column
    if not (simple or isinstance(operand, plan.Aggregate)):
        raise no_function(scope, call)
    return operand, labels, localized


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

    def name_field(self, column: plan.NameColumn, leaf: plan.Leaf) -> None:
        """Add a field behind a polymorphic reference of this node's row."""
        key = relationship_name(column.reference)
        entry = self._entries.setdefault(key, _NameNode(column))
        if not isinstance(entry, _NameNode):
            raise soql_error("duplicate_field", field=key)
        entry.put(leaf)

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

    def put(self, leaf: plan.Leaf) -> None:
        if leaf.key in self._leaves:
            raise soql_error("duplicate_field", field=leaf.key)
        self._leaves[leaf.key] = leaf

    def shape(self, key: str) -> plan.Shape:
        first = self.first
        return plan.Polymorphic(key, first.route, first.sobject, first.reference, (), tuple(self._leaves.values()))
