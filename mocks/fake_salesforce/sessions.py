"""Who is logged in: access tokens with a sliding end, and refresh tokens without one.

Rule 1: a session ends two hours after its last use, on the org's clock.
Rule 2: a token names its org: `<org id, 15 characters>!<opaque>`.
Source: facts of the token form are recorded (OpenStax cassettes); two hours is the default session
time-out of an org and the `sessionSecondsValid` of a SOAP log-in.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fake_core.ids import IdSource

SESSION_SECONDS = 7_200
OPAQUE_CHARS = 94  # recorded access tokens are about 112 characters long


@dataclass(slots=True)
class Session:
    """One log-in of one user through one client. *ends* is in seconds of the epoch."""

    token: str
    user_id: str
    client_id: str
    issued: float
    ends: float


class Sessions:
    """The org's access and refresh tokens. A part of the store: saved and restored with the rows."""

    def __init__(self, *, org_id: str, ids: IdSource, seconds: int = SESSION_SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()  # a server's threads log in at the same time
        self._org_id15 = org_id[:15]
        self._ids = ids
        self._open: dict[str, Session] = {}
        self._refresh: dict[str, tuple[str, str]] = {}  # refresh token -> (user id, client id)

    def open(self, *, user_id: str, client_id: str, now: datetime) -> Session:
        """A new session of the user; other sessions of the same user stay open."""
        token = f"{self._org_id15}!AQ{self._ids.token(OPAQUE_CHARS)}"
        at = now.timestamp()
        session = Session(token, user_id, client_id, at, at + self.seconds)
        with self._lock:
            self._forget_ended(now)
            self._open[token] = session
        return session

    def use(self, token: str, now: datetime) -> Session | None:
        """The open session of *token*, whose end moves on; None when there is none."""
        session = self._open.get(token)
        if session is None:
            return None
        at = now.timestamp()
        if at >= session.ends:
            self._open.pop(token, None)
            return None
        session.ends = at + self.seconds
        return session

    def owner(self, token: str) -> str:
        """The user id of a session, ended or not so far; "" when the token is unknown."""
        session = self._open.get(token)
        return session.user_id if session is not None else ""

    def of_user(self, user_id: str, now: datetime) -> Session | None:
        """Any open session of the user."""
        at = now.timestamp()
        with self._lock:
            mine = (one for one in self._open.values() if one.user_id == user_id)
            return next((one for one in mine if at < one.ends), None)

    def close(self, token: str) -> bool:
        """End the session or forget the refresh token; False when neither is known."""
        known = self._open.pop(token, None) is not None
        return (self._refresh.pop(token, None) is not None) or known

    def end(self, token: str) -> None:
        """End the session, if there is one; a refresh token of that name stays."""
        self._open.pop(token, None)

    def close_all(self) -> None:
        """End every session; refresh tokens stay."""
        self._open.clear()

    def grant_refresh(self, *, user_id: str, client_id: str) -> str:
        """A refresh token of the user for the client: the one it has, or a new one."""
        with self._lock:
            for token, owner in self._refresh.items():
                if owner == (user_id, client_id):
                    return token
            token = f"5Aep861{self._ids.token(80)}"
            self._refresh[token] = (user_id, client_id)
        return token

    def refresh_owner(self, token: str) -> tuple[str, str] | None:
        """(user id, client id) of a refresh token, or None."""
        return self._refresh.get(token)

    def dump(self) -> Any:
        sessions = [[s.token, s.user_id, s.client_id, s.issued, s.ends] for s in list(self._open.values())]
        return {"open": sessions, "refresh": {k: list(v) for k, v in self._refresh.items()}}

    def load(self, state: Any) -> None:
        self._open = {row[0]: Session(*row) for row in state["open"]}
        self._refresh = {token: (user, app) for token, (user, app) in state["refresh"].items()}

    def _forget_ended(self, now: datetime) -> None:
        at = now.timestamp()
        for token in [token for token, s in self._open.items() if at >= s.ends]:
            del self._open[token]
