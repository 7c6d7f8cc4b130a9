"""What Totango answers when it refuses. The words and statuses stand in data/errors.toml; code raises by key."""

from __future__ import annotations

from typing import Any

from fake_core.errors import VendorError
from fake_totango.data_files import read_toml

ERRORS: dict[str, dict[str, Any]] = read_toml("errors.toml")
VALUE_CHARACTERS_MAX = 100  # how much of a caller's value an error repeats


class TotangoError(VendorError):
    """One refusal: the *key* of its row in errors.toml, and the words that fill the message."""

    def __init__(self, key: str, /, **words: Any) -> None:
        row = ERRORS.get(key)
        assert row is not None, f"{key} is raised but has no row in errors.toml"
        self.key = key
        self.words = {name: _short(word) for name, word in words.items()}
        self.status: int = row["status"]
        self.type: str = row["type"]
        self.message: str = row["message"].format_map(self.words)
        super().__init__(self.message)


def _short(word: Any) -> str:
    text = word if isinstance(word, str) else repr(word)
    return text if len(text) <= VALUE_CHARACTERS_MAX else text[:VALUE_CHARACTERS_MAX] + "..."
