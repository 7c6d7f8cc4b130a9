"""YAML as capsules use it: data and nothing else, each value with its line; hostile texts are refused early.

Rule 1: no aliases, no tags, no second document, no key twice, no more than SIZE_MAX, DEPTH_MAX and NODES_MAX: a text
that unfolds into more than it is, or that says one thing twice, is nobody's bug report.
Rule 2: only null, true, false and numbers are not text: a date stays as written, "no" and "on" are words (YAML 1.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from fake_core.errors import MisuseError

__all__ = ["SIZE_MAX", "Place", "Places", "dump", "in_a_line", "load"]

SIZE_MAX, DEPTH_MAX, NODES_MAX, DIGITS_MAX = 2_000_000, 40, 200_000, 40

Place = tuple[str | int, ...]
#: Where each value stands: its path of keys and numbers -> its line, from 1.
Places = dict[Place, int]

_PLAIN = {
    "tag:yaml.org,2002:null": (re.compile(r"^(?:null|~|)$"), "n~"),
    "tag:yaml.org,2002:bool": (re.compile(r"^(?:true|false)$"), "tf"),
    "tag:yaml.org,2002:int": (re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), "-+0123456789"),
    "tag:yaml.org,2002:float": (
        re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$"),
        "-+.0123456789",
    ),
}
_OURS = frozenset({*_PLAIN, "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"})


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the base's own way


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow=flow, indentless=indentless and flow)


for _tag, (_pattern, _first) in _PLAIN.items():
    _starts = [*_first, ""] if _tag.endswith("null") else list(_first)
    _Loader.add_implicit_resolver(_tag, _pattern, _starts)
    _Dumper.add_implicit_resolver(_tag, _pattern, _starts)


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """Texts of several lines as a block, so that a person can read them; what looks like a line's end is escaped."""
    style = '"' if re.search("[\x85\u2028\u2029\ufeff]", text) else None
    if "\n" in text and not re.search(r"[ \t]\n|^\s|[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd]", text) and style is None:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)


def load(text: str, *, name: str) -> tuple[Any, Places]:
    """The data of *text* and where each value stands. Raises MisuseError: *name*, line, what is wrong."""
    if len(text) > SIZE_MAX:
        raise MisuseError(f"{name}: {len(text):,} characters; a capsule has at most {SIZE_MAX:,}")
    _refuse_hostile(text, name)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        places: Places = {}
        if node is None:
            raise MisuseError(f"{name} is empty: see `understudy capsule schema`")
        return _built(node, (), places, name), places
    except yaml.YAMLError as error:
        raise MisuseError(_said(error, name)) from None
    finally:
        loader.dispose()


def dump(data: Mapping[str, Any], *, flow: Sequence[str] = ()) -> str:
    """*data* as text, in its own order. Mappings below the keys named in *flow* stand on one line each."""
    return "".join(_on_lines(key, value) if key in flow else _dumped({key: value}) for key, value in data.items())


def _on_lines(key: str, value: Any) -> str:
    if isinstance(value, Mapping):
        rows = [in_a_line({name: one})[1:-1] for name, one in value.items()]
    else:
        rows = [f"- {in_a_line(one)}" for one in value] if isinstance(value, (list, tuple)) else []
    if not rows or any(row.startswith("? ") for row in rows):  # a key that is too long for a line of its own
        return _dumped({key: value})
    return f"{key}:\n" + "".join(f"  {row}\n" for row in rows)


def _dumped(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def in_a_line(value: Any) -> str:
    """*value* as YAML that fits into one line, however long."""
    # A text alone may become a block of lines; inside a list it cannot.
    text: str = yaml.dump(
        [value], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=float("inf"), default_flow_style=True
    )
    return text.strip()[1:-1]


def _refuse_hostile(text: str, name: str) -> None:
    """Look at the events before anything is built of them."""
    depth = nodes = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 0
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise MisuseError(f"{name}, line {line}: a capsule has no anchors (&) and aliases (*): write it out")
            tag = getattr(event, "tag", None)
            if tag is not None and tag not in _OURS:
                raise MisuseError(f"{name}, line {line}: a capsule has no tags (!): {tag} is not read")
            nodes += isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > DEPTH_MAX:
                raise MisuseError(f"{name}, line {line}: more than {DEPTH_MAX} levels inside each other")
            if nodes > NODES_MAX:
                raise MisuseError(f"{name}, line {line}: more than {NODES_MAX:,} values")
    except yaml.YAMLError as error:
        raise MisuseError(_said(error, name)) from None


def _built(node: yaml.Node, place: Place, places: Places, name: str) -> Any:
    places[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_built(one, (*place, number), places, name) for number, one in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise MisuseError(f"{name}, line {line}: a key is a word")
            key = key_node.value
            if key in found:
                raise MisuseError(f"{name}, line {line}: the key {key!r} stands there twice")
            found[key] = _built(value_node, (*place, key), places, name)
            places[*place, key] = line
        return found
    assert isinstance(node, yaml.ScalarNode)
    return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:
    kind, text = node.tag.rpartition(":")[2], node.value
    if kind == "null":
        return None
    if kind == "bool":
        return text == "true"
    if kind == "int":
        return int(text) if len(text) <= DIGITS_MAX else text  # a number nobody counts with
    if kind == "float":
        return float(text)
    return text


def _said(error: yaml.YAMLError, name: str) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        return f"{name}{where}: {error.problem or error.context}: this is no YAML"
    return f"{name}: this is no YAML: {' '.join(str(error).split())}"
