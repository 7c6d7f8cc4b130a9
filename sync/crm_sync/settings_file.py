"""A TOML file that a person wrote, and what is wrong with it in one line that says where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crm_sync.errors import ConfigError

_NAME = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Unset(Mapping[str, str]):
    """An environment for who wants the mapping and reaches nobody: every name is there and is an address of nowhere."""

    def __getitem__(self, name: str) -> str:
        return "https://unset.invalid"

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def read(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises ConfigError: it is missing or no TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from None


def expanded(value: Any, environment: Mapping[str, str], *, path: str = "") -> Any:
    """*value* with `${NAME}` replaced in every text. Raises ConfigError: the environment has no such name."""
    if isinstance(value, Mapping):
        return {k: expanded(v, environment, path=f"{path}.{k}" if path else str(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [expanded(v, environment, path=f"{path}[{n}]") for n, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environment:
            raise ConfigError(f"{path}: the environment has no {name}; set it or write the value")
        return environment[name]

    return _NAME.sub(replace, value)


def problems(messages: Any, path: str = "") -> list[str]:
    """Marshmallow's nested messages as "sections[0].direction: Must be one of ..."."""
    if isinstance(messages, Mapping):
        lines: list[str] = []
        for key, value in messages.items():
            step = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}" if path else key
            lines += problems(value, step)
        return lines
    return [f"{path}: {' '.join(map(str, messages))}"]
