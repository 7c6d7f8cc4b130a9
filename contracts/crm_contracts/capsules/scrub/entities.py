"""Letters that HTML writes as entities: `&ouml;`, `&#246;`, `&#xF6;`."""

from __future__ import annotations

from functools import cache
from html.entities import html5

__all__ = ["ENTITY", "character_of", "written_as"]

ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"


def character_of(entity: str) -> str:
    """What the entity stands for, "" where there is no such one."""
    inner = entity[1:-1]
    if not inner.startswith("#"):
        return html5.get(f"{inner};", "")
    hexadecimal = inner[1] in "xX"
    code = int(inner[2:] if hexadecimal else inner[1:], 16 if hexadecimal else 10)
    return chr(code) if code < 0x110000 else ""


def written_as(character: str, form: str) -> str | None:
    """*character* as an entity of the kind and the length of *form*; None where there is none."""
    inner = form[1:-1]
    if not inner.startswith("#"):
        names = [name for name in _names().get(character, ()) if len(name) == len(inner) + 1]
        return f"&{names[0]}" if names else None
    if inner[1] in "xX":
        digits = f"{ord(character):0{len(inner) - 2}x}"
        made = f"&#{inner[1]}{digits.upper() if inner[2:] == inner[2:].upper() else digits};"
    else:
        made = f"&#{ord(character):0{len(inner) - 1}};"
    return made if len(made) == len(form) else None


@cache
def _names() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in sorted(html5.items()):
        if name.endswith(";"):
            found.setdefault(value, []).append(name)
    return found
