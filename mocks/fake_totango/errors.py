"""What Totango answers when it refuses. The words and statuses stand in data/errors.toml; code raises by key."""

from __future__ import annotations

from typing import Any

from fake_core.refusals import TableError
from fake_totango.data_files import read_toml

ERRORS: dict[str, dict[str, Any]] = read_toml("errors.toml")


class TotangoError(TableError):
    """One refusal, with the type that stands beside its text."""

    TABLE = ERRORS

    @property
    def type(self) -> str:
        return str(self.row["type"])
