"""From the text of a capsule to a `Capsule`. What is wrong is said with file, line and key.

Rule 1: a key that is not known is told and left out (a later understudy may have written it), or refused when told so;
inside an operation it is always refused: there a slip of the pen would change the story. So is told, or refused, an
operation that can have no effect.
Rule 2: nothing is guessed: a word of the wrong kind is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crm_contracts.capsules.capsule import FORMAT, Capsule, Customer, Engine
from crm_contracts.capsules.schema import schema
from crm_contracts.capsules.sense import idle, impossible
from crm_contracts.capsules.yaml_text import SIZE_MAX, Place, Places, load
from crm_contracts.world.ops import Op
from crm_contracts.world.profiles import profile
from fake_core.errors import MisuseError

__all__ = ["from_data", "from_text", "read_capsule"]

Tell = Callable[[str], None]


def read_capsule(path: Path, *, strict: bool = False, tell: Tell = lambda _line: None) -> Capsule:
    """The capsule in a file. Raises MisuseError: file, line, key, what to do. *tell* is told what is left out."""
    try:
        way = {".har": f"from-har {path}", ".csv": "from-csv --help"}.get(path.suffix.lower())
        if way is not None and path.is_file():
            raise MisuseError(f"{path}: is no capsule; one is made of it: `understudy capsule {way}`")
        if path.stat().st_size > SIZE_MAX * 4:
            raise MisuseError(f"{path}: {path.stat().st_size:,} bytes; a capsule has at most {SIZE_MAX:,}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MisuseError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise MisuseError(f"{path}: byte {error.start} is no UTF-8: save the file as UTF-8") from None
    return from_text(text, name=str(path), strict=strict, tell=tell)


def from_text(text: str, *, name: str, strict: bool = False, tell: Tell = lambda _line: None) -> Capsule:
    """The capsule that *text* is; *name* is said in errors."""
    data, places = load(text, name=name)
    return from_data(data, places, name=name, strict=strict, tell=tell)


def from_data(
    data: Any, places: Places | None = None, *, name: str, strict: bool = False, tell: Tell = lambda _line: None
) -> Capsule:
    """The capsule that plain *data* is."""
    reader = _Reader(data, places or {}, name)
    reader.leave_out_unknown(strict=strict, tell=tell)
    reader.check()
    found = reader.capsule()
    reader.make_sense(found, strict=strict, tell=tell)
    return found


class _Reader:
    def __init__(self, data: Any, places: Places, name: str) -> None:
        if not isinstance(data, Mapping):
            raise MisuseError(f"{name}: a capsule is a mapping: title, profile, ops; see `understudy capsule schema`")
        self._data = dict(data)
        self._places = places
        self._name = name

    def leave_out_unknown(self, *, strict: bool, tell: Tell) -> None:
        version = self._data.get("capsule")
        newer = isinstance(version, int) and version > FORMAT
        if newer:
            said = f"{self._at(('capsule',))}: format {version}; this understudy knows format {FORMAT}"
            if strict:
                raise MisuseError(f"{said}: install a newer one, or leave --strict out")
            tell(f"{said}: read as far as it is known")
        for key in [key for key in self._data if key not in schema()["properties"]]:
            said = f"{self._at((key,))}: unknown key {key!r}"
            if strict:
                raise MisuseError(f"{said}: there are {', '.join(schema()['properties'])}")
            tell(f"{said}: left out")
            del self._data[key]

    def check(self) -> None:
        """Hold the data to the schema; the first error in the file is told."""
        from jsonschema import Draft202012Validator

        errors = list(Draft202012Validator(schema()).iter_errors(self._data))
        if errors:
            first = min(errors, key=lambda one: (self._line(tuple(one.absolute_path)), -len(one.absolute_path)))
            raise MisuseError(f"{self._at(tuple(first.absolute_path))}: {_said(first)}")

    def make_sense(self, capsule: Capsule, *, strict: bool, tell: Tell) -> None:
        """Refuse what cannot be played, and tell what can have no effect."""
        for where, why in impossible(capsule):
            raise MisuseError(f"{self._at(where)}: {why}")
        for where, why in idle(capsule):
            if strict:
                raise MisuseError(f"{self._at(where)}: {why}")
            tell(f"{self._at(where)}: {why}: nothing happens here")

    def capsule(self) -> Capsule:
        data = self._data
        chosen = profile(data["profile"])
        org, engine = data.get("org", {}), data.get("engine")
        return Capsule(
            title=data["title"],
            profile=chosen.name,
            ops=self._ops("ops", chosen.read),
            saw=data.get("saw", ""),
            failure=data.get("failure", ""),
            source=data.get("source", ""),
            settings=data.get("settings", {}),
            external_id=org.get("external_id", False),
            task_fields=org.get("task_fields", {}),
            clock=self._moment(),
            customers={name: Customer(**given) for name, given in data.get("customers", {}).items()},
            people=tuple(data.get("people", ())),
            owners=tuple(data.get("owners", ())),
            start=self._ops("start", chosen.read),
            breaks=data.get("breaks", ""),
            engine=Engine(*next(iter(engine.items()))) if engine else None,
            expect=data.get("expect", {}),
            log=data.get("log", ""),
            versions=data.get("versions", {}),
            questions=tuple(data.get("questions", ())),
        )

    def _ops(self, key: str, read: Callable[[Mapping[str, Any]], Op]) -> tuple[Op, ...]:
        found = []
        for number, given in enumerate(self._data.get(key, ())):
            try:
                found.append(read(given))
            except MisuseError as error:
                raise MisuseError(f"{self._at((key, number))}: {error}") from None
        return tuple(found)

    def _moment(self) -> datetime:
        given = self._data.get("clock")
        if given is None:
            return Capsule.clock
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            raise MisuseError(f"{self._at(('clock',))}: {given!r} is no moment: write 2026-01-05T09:00:00Z") from None
        if moment.tzinfo is None:
            raise MisuseError(f"{self._at(('clock',))}: {given!r} has no zone: write Z or +01:00 behind it")
        return moment.astimezone(UTC)

    def _line(self, path: Place) -> int:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, 0)

    def _at(self, path: Place) -> str:
        line = self._line(path)
        where = f"{self._name}, line {line}" if line else self._name
        key = _key(path)
        return f"{where}, {key}" if key else where


def _key(path: Sequence[str | int]) -> str:
    """`ops 3, fields`: numbers from 1, as people count."""
    words: list[str] = []
    for one in path:
        if isinstance(one, int) and words:
            words[-1] += f" {one + 1}"
        else:
            words.append(str(one))
    return ", ".join(words)


_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
}


def _said(error: Any) -> str:
    """A schema's complaint in a person's words."""
    match error.validator:
        case "required":
            missing = [key for key in error.validator_value if key not in error.instance]
            return f"the key {missing[0]!r} is missing"
        case "additionalProperties":
            unknown = sorted(set(error.instance) - set(error.schema.get("properties", ())))
            known = ", ".join(error.schema.get("properties", ()))
            return f"unknown key {unknown[0]!r}: there are {known}"
        case "enum":
            return f"{error.instance!r} is not one of {', '.join(map(str, error.validator_value))}"
        case "type":
            given = error.validator_value
            kinds = [given] if isinstance(given, str) else given
            wanted = " or ".join(_TYPES.get(kind, kind) for kind in kinds)
            hint = ": put it in quotes" if "string" in kinds and isinstance(error.instance, (int, float)) else ""
            return f"{_short(error.instance)} is not {wanted}{hint}"
        case "pattern":
            return f"{error.instance!r} does not look like {error.validator_value}"
        case _:
            return " ".join(str(error.message).split())


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
