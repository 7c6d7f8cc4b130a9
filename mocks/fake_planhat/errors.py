"""What Planhat answers when it refuses. The words and statuses stand in data/errors.toml; code raises by key."""

from __future__ import annotations

from typing import Any

from fake_core.refusals import TableError
from fake_planhat.data_files import read_toml

ERRORS: dict[str, dict[str, Any]] = read_toml("errors.toml")


class PlanhatError(TableError):
    """One refusal: a bare text (switch error_body)."""

    TABLE = ERRORS
