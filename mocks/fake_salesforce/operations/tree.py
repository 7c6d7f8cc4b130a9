"""sObject trees: parents and their children created in one call, all or nothing.

Rule 1: records are created level by level, and within a level in the order of the request; results stand in that order.
Rule 2: the first group (a level's records of one type) in which a record is refused ends the call: only its refused
records are reported, and nothing is kept.
Rule 3: what the JSON reader refuses refuses the whole call, without a position.
Source: REST API Developer Guide v66, sObject Tree; the texts in `data/errors.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations import records
from fake_salesforce.operations.caller import Caller
from fake_salesforce.operations.collections import struck
from fake_salesforce.org import Org
from fake_salesforce.schema.metadata import Field, SObject

RECORDS_MAX = 200
TYPES_MAX = 5
LEVELS_MAX = 5
_REFERENCE_ID = re.compile(r"[A-Za-z0-9].*", re.DOTALL)

Results = list[dict[str, Any]]


@dataclass(slots=True)
class Node:
    """One record of a tree: what is written of it, its parent and the field that points there; `id` once it is made."""

    sobject: SObject
    reference_id: str
    body: dict[str, Any]
    level: int
    parent: Node | None = None
    link: Field | None = None
    record_id: str = ""


class Refused(Exception):
    """The tree is not made: `results` name the records at fault."""

    def __init__(self, results: Results) -> None:
        super().__init__("the tree was refused")
        self.results = results


def create(org: Org, caller: Caller, *, sobject: SObject, body: Any) -> Results:
    """Make the trees of *body*; returns reference ids and ids. Raises Refused, TypeMismatch or SalesforceError."""
    nodes = _read(org, sobject, body)
    with org.store.begin():
        for group in _groups(nodes):
            refused = [_error(nodes[number], error) for number, error in _make(org, caller, nodes, group)]
            if refused:
                raise Refused(refused)
    return [{"referenceId": one.reference_id, "id": one.record_id} for one in nodes]


def _make(org: Org, caller: Caller, nodes: list[Node], group: list[int]) -> Iterator[tuple[int, SalesforceError]]:
    """Create the rows of *group*; yields those that were refused."""
    for number in group:
        node = nodes[number]
        body = node.body
        if node.parent is not None and node.link is not None:
            body = {**body, node.link.name: node.parent.record_id}
        try:
            node.record_id = records.create(org, struck(caller, number), sobject=node.sobject, body=body)
        except SalesforceError as error:
            yield number, error


def _groups(nodes: list[Node]) -> Iterator[list[int]]:
    """Numbers of the nodes of each level and type, in order of the first of each."""
    groups: dict[tuple[int, str], list[int]] = {}
    for number, node in enumerate(nodes):
        groups.setdefault((node.level, node.sobject.name), []).append(number)
    yield from groups.values()


def _error(node: Node, error: SalesforceError) -> dict[str, Any]:
    return {"referenceId": node.reference_id, "errors": [error.as_item("statusCode")]}


# --- reading ----------------------------------------------------------------------------------------


def _read(org: Org, sobject: SObject, body: Any) -> list[Node]:
    """All nodes, level by level; raises Refused or SalesforceError."""
    found = body.get("records") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise salesforce_error("JSON_PARSER_ERROR", text="The value for the field records is missing")
    level = [_node(org, one, 1) for one in found]
    for node in level:
        if node.sobject is not sobject:
            raise Refused([_error(node, salesforce_error("INVALID_INPUT.tree_type", object=node.sobject.name))])
    nodes: list[Node] = []
    while level:
        nodes += level
        if len(nodes) > RECORDS_MAX:
            raise _over_limit(nodes[RECORDS_MAX], RECORDS_MAX, "records")
        if level[0].level > LEVELS_MAX:
            raise _over_limit(level[0], LEVELS_MAX, "levels")
        level = [child for node in level for child in _children(org, node)]
    types: set[str] = set()
    for node in nodes:
        types.add(node.sobject.name)
        if len(types) > TYPES_MAX:
            raise _over_limit(node, TYPES_MAX, "types of records")
    _refuse_bad_references(nodes)
    return nodes


def _over_limit(node: Node, limit: int, what: str) -> Refused:
    return Refused([_error(node, salesforce_error("INVALID_INPUT.tree_limit", limit=limit, what=what))])


def _refuse_bad_references(nodes: list[Node]) -> None:
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.reference_id] = counts.get(node.reference_id, 0) + 1
    bad = [node for node in nodes if _REFERENCE_ID.fullmatch(node.reference_id) is None]
    if bad:
        raise Refused([_error(node, salesforce_error("INVALID_INPUT.tree_reference")) for node in bad])
    twice = [node for node in nodes if counts[node.reference_id] > 1]
    if twice:
        raise Refused([_error(node, salesforce_error("INVALID_INPUT.tree_duplicate")) for node in twice])


def _node(org: Org, record: Any, level: int) -> Node:
    attributes = record.get("attributes") if isinstance(record, dict) else None
    attributes = attributes if isinstance(attributes, dict) else {}
    name, reference_id = attributes.get("type"), attributes.get("referenceId")
    if not isinstance(name, str):
        raise salesforce_error("INVALID_FIELD.type_missing")
    reference_id = reference_id if isinstance(reference_id, str) else ""
    sobject = org.schema.sobject(name)
    if sobject is None:
        error = salesforce_error("INVALID_INPUT.tree_type", object=name)
        raise Refused([{"referenceId": reference_id, "errors": [error.as_item("statusCode")]}])
    return Node(sobject, reference_id, {key: value for key, value in record.items() if key != "attributes"}, level)


def _children(org: Org, node: Node) -> Iterator[Node]:
    """The records under *node*, which are taken out of its own body."""
    for key, value in list(node.body.items()):
        if not isinstance(value, dict) or "records" not in value or node.sobject.field(key) is not None:
            continue
        relation = org.schema.child(node.sobject, key)
        if relation is None:
            continue  # the save will say that there is no such column
        del node.body[key]
        found = value["records"]
        if not isinstance(found, list):
            raise salesforce_error("JSON_PARSER_ERROR", text="The value for the field records is missing")
        for one in found:
            child = _node(org, one, node.level + 1)
            if child.sobject is not relation.child:
                error = salesforce_error("INVALID_INPUT.tree_type", object=child.sobject.name)
                raise Refused([_error(child, error)])
            child.parent, child.link = node, relation.field
            yield child
