"""Which words of what a program is told are secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["secrets_of"]

_WORDS = ("token", "password", "secret")


def secrets_of(words: Mapping[str, Any]) -> list[str]:
    """The values of *words* (`password`, `security_token`, …) that nobody else may see."""
    return [value for name, value in words.items() if isinstance(value, str) and any(word in name for word in _WORDS)]
