"""Why an OAuth endpoint refuses: rows of `data/login.toml`."""

from __future__ import annotations

from fake_core.errors import VendorError
from fake_salesforce import data_files


class OAuthRefused(VendorError):
    """An OAuth endpoint refuses: `status` and the two keys of its body."""

    def __init__(self, key: str, /, **words: str) -> None:
        row = data_files.load("login.toml")["oauth"].get(key)
        assert row is not None, f"{key} is raised but has no row in login.toml"
        self.key = key
        self.status: int = row["status"]
        self.body = {
            "error": row["error"],
            "error_description": row["error_description"].format(**words),
        }
        super().__init__(self.body["error_description"])
