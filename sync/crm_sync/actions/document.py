"""Workflow documents of the form "ds-v1": nodes, connections, a version.

    {"schema_version": "ds-v1", "name": "…", "settings": {"version": 1, "status": "active"},
     "nodes": [{"id", "name", "type", "typeVersion": 1, "mode": "per_item", "position", "parameters"}],
     "connections": {"<source id>": {"success": [[{"node_id": "…", "index": 0}]], "error": [[…]]}}}

Rule: every mistake that can be seen without an event is found here, all of them at once.
Source: `node_types.toml`. Where version and status stand in a document is not published: `settings` is ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from crm_sync.actions import expressions, templates
from crm_sync.actions.data import load
from crm_sync.errors import SyncError

STATUSES: Final = ("draft", "active", "superseded")


class DocumentError(SyncError):
    """The file is no workflow or no event; the text is one line: what, where, what to do."""


class _Node(Schema):
    class Meta:
        unknown = EXCLUDE  # position and whatever else an editor keeps

    id = fields.String(required=True, validate=validate.Length(min=1))
    name = fields.String(load_default="")
    type = fields.String(required=True)
    mode = fields.String(load_default="per_item", validate=validate.OneOf(["per_item", "batch"]))
    parameters = fields.Dict(keys=fields.String(), load_default=dict)


class _Target(Schema):
    node_id = fields.String(required=True)
    index = fields.Integer(strict=True, load_default=0)


class _Ports(Schema):
    success = fields.List(fields.List(fields.Nested(_Target)), load_default=list)
    error = fields.List(fields.List(fields.Nested(_Target)), load_default=list)


class _Settings(Schema):
    class Meta:
        unknown = EXCLUDE

    version = fields.Integer(strict=True, load_default=1, validate=validate.Range(min=1))
    status = fields.String(load_default="draft", validate=validate.OneOf(STATUSES))


class _Document(Schema):
    class Meta:
        unknown = EXCLUDE

    schema_version = fields.String(required=True, validate=validate.Equal("ds-v1"))
    name = fields.String(required=True, validate=validate.Length(min=1))
    nodes = fields.List(fields.Nested(_Node), required=True, validate=validate.Length(min=1))
    connections = fields.Dict(keys=fields.String(), values=fields.Nested(_Ports), load_default=dict)
    settings = fields.Nested(_Settings, load_default=lambda: _Settings().load({}))


@dataclass(frozen=True)
class Node:
    """One step. *does* is a word of `node_types.toml`; *targets* lists (port kind, port, id of the next node)."""

    id: str
    name: str
    type: str
    does: str
    parameters: Mapping[str, Any]
    targets: tuple[tuple[str, int, str], ...]

    @property
    def label(self) -> str:
        return self.name or self.id


@dataclass(frozen=True)
class Workflow:
    """A checked document. *nodes* stand in an order in which each comes after all that lead to it."""

    name: str
    version: int
    status: str
    event: str
    nodes: tuple[Node, ...]
    digest: str

    def sources(self, node: Node) -> int:
        """How many connections lead to *node*."""
        return sum(target == node.id for each in self.nodes for _, _, target in each.targets)


def read_json(path: Path, what: str) -> Any:
    """The JSON of a file. Raises DocumentError; also for what Python reads and nobody can send: NaN, half a letter."""
    try:
        found = json.loads(path.read_text("utf-8"))
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except OSError as error:
        raise DocumentError(f"{path}: {what} cannot be read ({error.strerror}); check the path") from None
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{path}: {what} is not valid JSON: {error}") from None
    return found


def load_workflow(path: Path) -> Workflow:
    """The workflow of a file. Raises DocumentError with the first mistake."""
    given = read_json(path, "the workflow")
    found = problems(given)
    if found:
        raise DocumentError(f"{path}: {found[0]}" + (f" (and {len(found) - 1} more: check)" if found[1:] else ""))
    return workflow(given)


def problems(given: Any) -> list[str]:
    """What is wrong with a document, each with its place; [] when it can run."""
    try:
        data = _loaded(given)
    except ValidationError as error:
        return list(_paths(error.messages))
    found = [line for n, node in enumerate(data["nodes"]) for line in _node_problems(node, f"nodes[{n}]")]
    ids = [node["id"] for node in data["nodes"]]
    found += [f"nodes[{n}].id: {one!r} is taken; give each node its own" for n, one in enumerate(ids) if one in ids[:n]]
    triggers = [node for node in data["nodes"] if _does(node["type"]) == "trigger"]
    if not found and len(triggers) != 1:
        found.append(f"nodes: {len(triggers)} event triggers; a workflow has one")
    known = {node["id"]: node["type"] for node in data["nodes"]}
    found += _connection_problems(data["connections"], known)
    if not found:
        try:
            _ordered(_nodes(data))
        except DocumentError as error:
            found.append(str(error))
    return found


def notes(checked: Workflow) -> list[str]:
    """What can run and may yet be a slip."""
    stages = load("node_types.toml")["opportunity"]["stages"]
    found = []
    for node in checked.nodes:
        stage = (
            (node.parameters.get("field_values") or {}).get("StageName") if node.does == "update_opportunity" else None
        )
        if isinstance(stage, str) and "{" not in stage and stage not in stages:
            found.append(f"{node.id}: StageName {stage!r} is none of the default stages; an org may have it (A14)")
    return found


def workflow(given: Any) -> Workflow:
    """A document without problems, made ready."""
    data = _loaded(given)
    nodes = _ordered(_nodes(data))
    text = json.dumps([data["nodes"], data["connections"]], sort_keys=True)
    return Workflow(
        name=data["name"],
        version=data["settings"]["version"],
        status=data["settings"]["status"],
        event=next(node.parameters["event"] for node in nodes if node.does == "trigger"),
        nodes=nodes,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def known_events() -> set[str]:
    """Every event a trigger may name."""
    events = load("node_types.toml")["events"]
    return {*events["meeting"], *(e + events["deal_room_suffix"] for e in events["meeting"]), *events["other"]}


def _loaded(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ValidationError({"document": ["is a JSON object with schema_version, name, nodes and connections"]})
    data: dict[str, Any] = _Document().load(given)
    return data


def _does(type_name: str) -> str:
    return str(load("node_types.toml")["nodes"].get(type_name, {}).get("does", ""))


def _node_problems(node: Mapping[str, Any], where: str) -> Iterator[str]:
    table = load("node_types.toml")
    row = table["nodes"].get(node["type"])
    family = ".".join(node["type"].split(".")[:2])
    if row is None or node["mode"] == "batch":
        words = table["not_played"].get(family) or ("batch" in {node["mode"], *node["type"].split(".")} and "batch")
        if words == "batch":
            words = table["not_played"]["batch"]
        yield f"{where}.type: {words or _unplayed(node['type'], family, table['nodes'])}"
        return
    given, rules = node["parameters"], row["parameters"]
    newer = sorted(set(given) & set(table["newer"].get(family, {})) - set(rules))
    if newer:
        yield f"{where}.parameters.{newer[0]}: the newer contract is not played (A40); use {', '.join(rules)}"
        return
    for name in sorted(set(given) - set(rules)):
        yield f"{where}.parameters.{name}: not a parameter of {family}; it has {', '.join(rules) or 'none'}"
    for name in (name for name, need in rules.items() if need == "required" and name not in given):
        yield f"{where}.parameters.{name}: is required"
    if row["does"] == "trigger" and given.get("event") not in known_events():
        yield f"{where}.parameters.event: {given.get('event')!r} is no event"
    if row["does"] == "update_opportunity" and not isinstance(given.get("field_values", {}), Mapping):
        yield f"{where}.parameters.field_values: is an object of fields and values"
    for name in (name for name in row.get("expressions", ()) if name in given):
        try:
            expressions.parse(str(given[name]))
        except expressions.BadExpression as error:
            yield f"{where}.parameters.{name}: {error}"
    if row["does"] in {"create_task", "update_opportunity", "ai"}:
        for path, text in _texts(given, f"{where}.parameters"):
            wrong = templates.problem(text)
            if wrong:
                yield f"{path}: {wrong}"


def _unplayed(given: str, family: str, played: Mapping[str, Any]) -> str:
    """Why a type is none that is played: unknown, or known by another number of inputs and ports."""
    forms = [name for name in played if name.startswith(f"{family}.")]
    if forms:
        return f"{given!r} is no form of {family}; write {' or '.join(map(repr, forms))}"
    return f"{given!r} is no node that is played; see docs/actions.md"


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, f"{path}.{key}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _texts(one, f"{path}[{number}]")


def _connection_problems(given: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[str]:
    for source, ports in given.items():
        if source not in known:
            yield f"connections.{source}: no node has this id"
            continue
        shape = dict(_shape(part) for part in known[source].split(".")[3:])
        for kind in ("success", "error"):
            if len(ports[kind]) > shape.get(kind, 0):
                yield f"connections.{source}.{kind}: the node has {shape.get(kind, 0)} of these ports"
            for target in (target for port in ports[kind] for target in port):
                where = f"connections.{source}.{kind}: {target['node_id']!r}"
                if target["node_id"] not in known:
                    yield f"{where} is no node's id"
                elif ".in0." in known[target["node_id"]] or target["index"] != 0:
                    yield f"{where} has no input {target['index']}"


def _shape(part: str) -> tuple[str, int]:
    """The name and the number of "success2"."""
    name = part.rstrip("0123456789")
    return name, int(part[len(name) :] or 0)


def _nodes(data: Mapping[str, Any]) -> list[Node]:
    made = []
    for row in data["nodes"]:
        ports = data["connections"].get(row["id"], {"success": [], "error": []})
        targets = [
            (kind, n, target["node_id"])
            for kind in ("success", "error")
            for n, port in enumerate(ports[kind])
            for target in port
        ]
        does = _does(row["type"])
        made.append(Node(row["id"], row["name"], row["type"], does, row["parameters"], tuple(targets)))
    return made


def _ordered(nodes: list[Node]) -> tuple[Node, ...]:
    """Each node after all that lead to it, otherwise as written. Raises DocumentError for a circle."""
    done: list[Node] = []
    left = list(nodes)
    while left:
        waiting = {target for node in left for _, _, target in node.targets}
        ready = next((node for node in left if node.id not in waiting), None)
        if ready is None:
            raise DocumentError(f"connections: {left[0].id!r} leads back to itself; a workflow has no circles")
        done.append(ready)
        left.remove(ready)
    return tuple(done)


def _paths(messages: Any, path: str = "") -> Iterator[str]:
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            if key == "value" and path.startswith("connections."):
                yield from _paths(value, path)  # marshmallow's word for what stands under a key of a mapping
                continue
            step = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else str(key)
            yield from _paths(value, step)
    else:
        yield f"{path}: {' '.join(map(str, messages))}"
