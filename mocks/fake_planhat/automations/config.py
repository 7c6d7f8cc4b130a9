"""An automation as the tenant's people set it up: a trigger and its steps, checked when it is given.

    {"name": "Tell the CRM", "trigger": "changed", "model": "Task", "property": "status",
     "steps": [{"kind": "get", "model": "Company", "id": "<<object.companyId>>"},
               {"kind": "webhook", "url": "http://127.0.0.1:8000/hook", "body": {"owner": "<<Step 1.owner>>"}}]}

Triggers: created, updated, deleted, changed (with `property`), enters (with `filter`), incoming (with `hook`).
Source: developer documentation, Automations: the triggers, the outgoing webhook with its methods, the limit of the step
that gets several records. That a schedule, a person or a step that writes does anything is not played. No API sets
automations up: how they are written down here is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fake_core.errors import MisuseError
from fake_planhat.automations.codes import codes_in, is_known
from fake_planhat.data_files import read_toml

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ON_RECORDS = ("created", "updated", "deleted", "changed", "enters")
TRIGGERS = (*ON_RECORDS, "incoming")
NOT_PLAYED = ("schedule", "manual")
_LIMITS = read_toml("limits.toml")
GET_MULTIPLE_DEFAULT: int = _LIMITS["automation_get_multiple_default"]["value"]
GET_MULTIPLE_MAX: int = _LIMITS["automation_get_multiple_max"]["value"]
_KEYS = {
    "webhook": {"kind", "method", "url", "headers", "body"},
    "get": {"kind", "model", "id"},
    "get multiple": {"kind", "model", "filter", "limit"},
}
_OWN_KEYS = {"name", "trigger", "model", "property", "filter", "hook", "headers", "required", "steps"}


@dataclass(frozen=True)
class Step:
    """One step. *body* is None where nothing was said about it."""

    kind: str
    model: str = ""
    id: str = ""
    filter: Mapping[str, Any] = field(default_factory=dict)
    limit: int = GET_MULTIPLE_DEFAULT
    method: str = "POST"
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Automation:
    """One automation. *hook* is the id in an incoming webhook's URL, *headers* and *required* what it must bring."""

    name: str
    trigger: str
    steps: tuple[Step, ...]
    model: str = ""
    property: str = ""
    filter: Mapping[str, Any] = field(default_factory=dict)
    hook: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


def read_automations(given: Any, *, models: Collection[str]) -> list[Automation]:
    """The automations in *given*, an array of objects; raises MisuseError."""
    if not isinstance(given, (list, tuple)):
        raise MisuseError(f"automations is an array of objects, not {given!r}")
    made = [_automation(one, models) for one in given]
    for what in ("name", "hook"):
        seen: set[str] = set()
        for one in made:
            value = getattr(one, what)
            if value and value in seen:
                raise MisuseError(f"automations: two have the {what} {value!r}: give each its own")
            seen.add(value)
    return made


def _automation(given: Any, models: Collection[str]) -> Automation:
    if not isinstance(given, Mapping) or not isinstance(given.get("name"), str) or not given["name"]:
        raise MisuseError(f"automations: each is an object with a name, not {given!r}")
    where = f"the automation {given['name']!r}"
    _only(where, given, _OWN_KEYS)
    trigger = given.get("trigger")
    if trigger in NOT_PLAYED:
        raise MisuseError(f"{where}: the trigger {trigger} is not played: use {', '.join(TRIGGERS)}")
    if trigger not in TRIGGERS:
        raise MisuseError(f"{where} has no trigger {trigger!r}: there are {', '.join(TRIGGERS)}")
    if trigger in ON_RECORDS:
        _model(where, given, models)
    for key, needed_by in (("property", "changed"), ("filter", "enters"), ("hook", "incoming")):
        if (key in given) != (trigger == needed_by) or not given.get(key, True):
            raise MisuseError(f"{where}: {key} belongs to the trigger {needed_by}, which needs one")
    for key in ("headers", "required"):
        if key in given and trigger != "incoming":
            raise MisuseError(f"{where}: {key} belongs to the trigger incoming")
    steps = given.get("steps")
    if not isinstance(steps, (list, tuple)) or not steps:
        raise MisuseError(f"{where} needs steps, an array of objects")
    return Automation(
        name=given["name"],
        trigger=trigger,
        model=given.get("model", ""),
        property=_text(where, given, "property"),
        filter=_object(where, given, "filter"),
        hook=_text(where, given, "hook"),
        headers=_headers(where, given),
        required=_texts(where, given, "required"),
        steps=tuple(_step(f"{where}, step {n}", one, n, models) for n, one in enumerate(steps, 1)),
    )


def _step(where: str, given: Any, number: int, models: Collection[str]) -> Step:
    if not isinstance(given, Mapping) or given.get("kind") not in tuple(_KEYS):
        raise MisuseError(f"{where}: its kind is one of {', '.join(_KEYS)}; steps that write are not played")
    _only(where, given, _KEYS[given["kind"]])
    for code in codes_in([given.get(key) for key in ("headers", "body", "id", "filter")]):
        if not is_known(code, steps=number - 1):
            raise MisuseError(
                f"{where}: <<{code}>> names nothing: write <<object.KEY>> or <<Step N.KEY>> of a step before"
            )
    if given["kind"] == "webhook":
        method = given.get("method", "POST")
        if method not in METHODS:
            raise MisuseError(f"{where}: no method {method!r}: there are {', '.join(METHODS)}")
        return Step(
            "webhook",
            method=method,
            url=_url(where, given.get("url")),
            headers=_headers(where, given),
            body=given.get("body"),
        )
    _model(where, given, models)
    if given["kind"] == "get":
        return Step("get", model=given["model"], id=_text(where, given, "id"))
    limit = given.get("limit", GET_MULTIPLE_DEFAULT)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= GET_MULTIPLE_MAX:
        raise MisuseError(f"{where}: limit is a whole number from 1 to {GET_MULTIPLE_MAX}, not {limit!r}")
    return Step("get multiple", model=given["model"], filter=_object(where, given, "filter"), limit=limit)


def _model(where: str, given: Mapping[str, Any], models: Collection[str]) -> None:
    if given.get("model") not in tuple(models):  # a tuple: the value may be anything
        raise MisuseError(f"{where}: no model {given.get('model')!r}: there are {', '.join(models)}")


def _only(where: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    for key in given:
        if key not in known:
            raise MisuseError(f"{where} has no {key!r}: there are {', '.join(sorted(known))}")


def _text(where: str, given: Mapping[str, Any], key: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise MisuseError(f"{where}: {key} is a text, not {value!r}")
    return value


def _texts(where: str, given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = given.get(key, [])
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise MisuseError(f"{where}: {key} is an array of texts, not {value!r}")
    return tuple(value)


def _object(where: str, given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = given.get(key, {})
    if not isinstance(value, Mapping):
        raise MisuseError(f"{where}: {key} is an object, not {value!r}")
    return value


def _headers(where: str, given: Mapping[str, Any]) -> Mapping[str, str]:
    headers = _object(where, given, "headers")
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in headers.items()):
        raise MisuseError(f"{where}: headers are texts, not {dict(headers)!r}")
    return headers


def _url(where: str, url: Any) -> str:
    if not isinstance(url, str) or codes_in(url):
        raise MisuseError(f"{where}: url is a text without replacement codes, not {url!r}")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or any(not one.isprintable() or one == " " for one in url):
        raise MisuseError(f"{where}: url is http://HOST[:PORT]/PATH, not {url!r}")
    return url
