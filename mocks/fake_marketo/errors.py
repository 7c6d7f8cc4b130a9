"""What this stand-in answers when it refuses. Words and statuses stand in data/errors.toml; code raises by key."""

from __future__ import annotations

from typing import Any

from fake_core.errors import VendorError
from fake_marketo.data_files import read_toml

ERRORS: dict[str, dict[str, Any]] = read_toml("errors.toml")
VALUE_CHARACTERS_MAX = 100  # how much of a caller's value an error repeats


class SiaError(VendorError):
    """One refusal: the *key* of its row in errors.toml, and the words that fill the text."""

    def __init__(self, key: str, /, **words: Any) -> None:
        row = ERRORS.get(key)
        assert row is not None, f"{key} is raised but has no row in errors.toml"
        self.key = key
        self.status: int = row["status"]
        self.text: str = row["text"].format_map({name: _short(word) for name, word in words.items()})
        super().__init__(self.text)

    def body(self) -> dict[str, str]:
        return {"error": self.key.upper(), "message": self.text}


def _short(word: Any) -> str:
    text = word if isinstance(word, str) else repr(word)
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "..."
