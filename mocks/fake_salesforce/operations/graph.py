"""What a graph request may hold: graphs of subrequests on rows, each saved or refused as a whole. No HTTP, no rows.

Rule 1: a graph's nodes are run in their order; a node refers to earlier ones of its own graph only.
Rule 2: limits are on the payload (graphs, nodes, kinds of nodes) and on each graph (depth: the longest chain of
references). What breaks one refuses the whole call.
Source: REST API Developer Guide v66, Composite Graph and Composite Graph Limits; where a broken limit is reported is
not published.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from fake_salesforce.errors import SalesforceError, salesforce_error
from fake_salesforce.operations.composite import REFERENCE, Subrequest, check_reference_ids, refused, subrequest

GRAPHS_MAX = 75
NODES_MAX = 500
DEPTH_MAX = 15
KINDS_MAX = 15
FAILURES_MAX = 14
VERSION_MIN = 50
GRAPH_ID_LENGTH_MAX = 39

_METHODS = frozenset({"DELETE", "GET", "PATCH", "POST"})
_GRAPH_ID = re.compile(r"[A-Za-z0-9][^.]*", re.DOTALL)
_URL = re.compile(r"/services/data/v([0-9]{2,3})\.0/sobjects/([^/?]+)((?:/[^/?]+){0,2})/?(?:\?.*)?")
_BY_DEPTH = {  # segments after the object's name
    0: frozenset({"POST"}),
    1: frozenset({"DELETE", "GET", "PATCH"}),
    2: frozenset({"DELETE", "GET", "PATCH", "POST"}),
}


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph: its nodes in order."""

    graph_id: str
    nodes: list[Subrequest]


def read(body: Any, *, number: int) -> list[Graph]:
    """The graphs of a body in API version *number*; raises SalesforceError."""
    found = body.get("graphs") if isinstance(body, dict) else None
    if not isinstance(found, list):
        raise refused("The graphs must be a list")
    if len(found) > GRAPHS_MAX:
        raise _over(GRAPHS_MAX, "graphs")
    graphs = [_graph(one, number) for one in found]
    ids = [one.graph_id for one in graphs]
    if len(set(ids)) != len(ids):
        raise refused("The graphId of each graph must be unique")
    if sum(len(one.nodes) for one in graphs) > NODES_MAX:
        raise _over(NODES_MAX, "nodes")
    kinds = {kind for one in graphs for kind in map(_kind, one.nodes)}
    if len(kinds) > KINDS_MAX:
        raise _over(KINDS_MAX, "different nodes")
    return graphs


def _over(limit: int, what: str) -> SalesforceError:
    return salesforce_error("LIMIT_EXCEEDED.graph", limit=limit, what=what)


def _graph(given: Any, number: int) -> Graph:
    if not isinstance(given, dict):
        raise refused("A graph must be an object")
    graph_id, nodes = given.get("graphId"), given.get("compositeRequest")
    if not isinstance(graph_id, str) or len(graph_id) > GRAPH_ID_LENGTH_MAX or not _GRAPH_ID.fullmatch(graph_id):
        raise refused(
            "Each graph must have a graphId of fewer than 40 characters that starts with a letter or a number and "
            "contains no period"
        )
    if not isinstance(nodes, list) or not nodes:
        raise refused("The compositeRequest of a graph must be a list of subrequests")
    found = [_node(one) for one in nodes]
    check_reference_ids(found, number)
    if _depth(found) > DEPTH_MAX:
        raise _over(DEPTH_MAX, "levels in a graph")
    return Graph(graph_id, found)


def _node(given: Any) -> Subrequest:
    node = subrequest(given, _METHODS)
    match = _URL.fullmatch(node.url)
    if match is None or int(match[1]) < VERSION_MIN:
        raise refused(f"The url {node.url} is not supported in a graph")
    if node.method not in _BY_DEPTH[match[3].count("/")]:
        raise refused(f"The HTTP method {node.method} is not supported for the url {node.url} in a graph")
    return node


def _kind(node: Subrequest) -> tuple[str, str]:
    match = _URL.fullmatch(node.url)
    assert match is not None, "read() lets no other url in"
    return match[1], match[2].lower()


def _depth(nodes: list[Subrequest]) -> int:
    """The nodes on the longest chain of references."""
    depths: dict[str, int] = {}
    for node in nodes:
        text = node.url + json.dumps(node.body)
        named = {re.split(r"[.\[]", path)[0] for path in REFERENCE.findall(text)}
        depths[node.reference_id] = 1 + max((depths.get(name, 0) for name in named), default=0)
    return max(depths.values(), default=0)
