"""What a token that may not read a model still sees of it: nothing, but for ids that other records hold.

Rule 1: the name of a company, a team member or a contact in another record is theirs; data/reveals.toml lists them.
Rule 2: who may write a model and not read it sees the `_id` of what was written, and what was sent.
Rule 3: neither an order nor a filter tells what a row does not show.
Source: permissions are documented per model and operation, and no more; all this is the switch hidden_models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from fake_core.switches import Switches
from fake_planhat.data_files import read_toml
from fake_planhat.models.model import Document
from fake_planhat.store import reference_id
from fake_planhat.tenant import ApiToken


class Reveal(NamedTuple):
    """One key that tells of another model: see data/reveals.toml."""

    key: str
    model: str
    part: str
    of: tuple[str, ...] = ()


REVEALS = tuple(Reveal(**{**row, "of": tuple(row.get("of", ()))}) for row in read_toml("reveals.toml")["rows"])
_PARTS = {"whole", "name", "reference", "elements"}
assert {one.part for one in REVEALS} <= _PARTS, "reveals.toml knows these parts only"


def hidden(token: ApiToken, model: str, switches: Switches) -> tuple[Reveal, ...]:
    """What the answers of *model* tell *token* too much."""
    if token.permissions is None or switches["hidden_models"] == "show":
        return ()
    return tuple(one for one in REVEALS if (not one.of or model in one.of) and not token.may("read", one.model))


def may_name_companies(token: ApiToken, switches: Switches) -> bool:
    """Whether *token* may learn which company a key of it names."""
    return switches["hidden_models"] == "show" or token.may("read", "Company")


def shown(document: Document, reveals: Collection[Reveal]) -> Document:
    """*document* without what *reveals* name; itself when there is nothing to take out."""
    if not any(one.key in document for one in reveals):
        return document
    kept = dict(document)
    for one in reveals:
        if one.key not in kept:
            continue
        if one.part == "whole":
            del kept[one.key]
        elif one.part == "elements":
            kept[one.key] = []
        elif one.part == "reference":
            kept[one.key] = reference_id(kept[one.key]) or None
        elif isinstance(kept[one.key], list):
            kept[one.key] = [_nameless(each) for each in kept[one.key]]
    return kept


def answered(document: Document, token: ApiToken, model: str, body: Mapping[str, Any], switches: Switches) -> Document:
    """The answer *document* to a write of *body*, as *token* may see it."""
    if token.permissions is None or switches["hidden_models"] == "show":
        return document
    if not token.may("read", model):
        sent = {key.partition(".")[0] for key in body}
        document = {key: value for key, value in document.items() if key == "_id" or key in sent}
        if isinstance(document.get("custom"), dict):
            names = {*(body.get("custom") or {}), *(key[7:] for key in body if key.startswith("custom."))}
            document["custom"] = {name: value for name, value in document["custom"].items() if name in names}
    return shown(document, hidden(token, model, switches))


def _nameless(element: Any) -> Any:
    if not isinstance(element, dict):
        return element
    return {key: value for key, value in element.items() if key != "name"}
