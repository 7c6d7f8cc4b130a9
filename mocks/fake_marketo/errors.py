"""What this stand-in answers when it refuses. Words and statuses stand in data/errors.toml; code raises by key."""

from __future__ import annotations

from fake_core.refusals import TableError
from fake_marketo.data_files import read_toml


class SiaError(TableError):
    """One refusal, as JSON."""

    TABLE = read_toml("errors.toml")
    OURS = frozenset({"known", "wanted"})

    def body(self) -> dict[str, str]:
        return {"error": self.key.upper(), "message": self.text}
