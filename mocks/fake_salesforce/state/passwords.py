"""Passwords of users: those the org was configured with, and those set since.

Rule 1: a user that clients made, or renamed, has no password until one is set.
Rule 2: a password that was set stands by the user's id and wins over the configured one.
Source: SOAP API Developer Guide, setPassword() and resetPassword().
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PASSWORD_CHARS_MIN = 8  # the default of an org's password policies
GENERATED_CHARS = 12


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a user's log-in. *trusted*: the password alone is enough; *expired*: a new password is due."""

    password: str
    security_token: str = ""
    trusted: bool = True
    expired: bool = False


class Passwords:
    """A part of the store: passwords set at run time are saved and restored with the rows."""

    def __init__(self, configured: Mapping[str, Secret]) -> None:
        self._configured = configured  # by user name, lower case
        self._set: dict[str, Secret] = {}  # by user id

    def of(self, *, username: str, user_id: str) -> Secret | None:
        """The user's secret, or None when it has none."""
        return self._set.get(user_id) or self._configured.get(username.lower())

    def put(self, *, username: str, user_id: str, password: str, expired: bool = False) -> None:
        """Give the user a new password; its security token stays."""
        old = self.of(username=username, user_id=user_id) or Secret("")
        self._set[user_id] = Secret(password, old.security_token, old.trusted, expired)

    def dump(self) -> Any:
        there = list(self._set.items())
        return {key: [one.password, one.security_token, one.trusted, one.expired] for key, one in there}

    def load(self, state: Any) -> None:
        self._set = {key: Secret(*row) for key, row in state.items()}
