"""Who is logged in: access tokens with a sliding end, and refresh tokens with the policy of their app.

Rule 1: a session ends two hours after its last use, on the org's clock.
Rule 2: a token names its org: `<org id, 15 characters>!<opaque>`.
Rule 3: a session that came from a refresh token ends when that token is revoked.
Rule 4: a user has at most five refresh tokens of one app: the sixth approval revokes the oldest.
Source: facts of the token form are recorded (OpenStax cassettes); two hours is the default session
time-out of an org and the `sessionSecondsValid` of a SOAP log-in; rules 3 and 4: Salesforce Help, Revoke OAuth
Tokens and Manage OAuth Access Policies.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fake_core.ids import IdSource

SESSION_SECONDS = 7_200
OPAQUE_CHARS = 94  # recorded access tokens are about 112 characters long
APPROVALS_MAX = 5
SOAP_CLIENT = "SOAP"  # the client id of sessions that no connected app asked for
REST_SCOPES = frozenset({"api", "full"})


@dataclass(slots=True)
class Session:
    """One log-in of one user through one client. *ends* is in seconds of the epoch.

    *scope* is what the app was granted, names joined by spaces ("" for a log-in by password, which may do all);
    *refresh* the refresh token it came from; *password_due*: its user must set a new password first.
    """

    token: str
    user_id: str
    client_id: str
    issued: float
    ends: float
    scope: str = ""
    refresh: str = ""
    password_due: bool = False

    @property
    def reaches_api(self) -> bool:
        """The token may be used with REST and SOAP resources."""
        return not self.scope or not REST_SCOPES.isdisjoint(self.scope.split())


@dataclass(slots=True)
class Refresh:
    """A refresh token: whose, for which app, what for, and when it was issued and last used (epoch seconds)."""

    token: str
    user_id: str
    client_id: str
    scope: str = ""
    issued: float = 0.0
    used: float = 0.0


class Sessions:
    """The org's access and refresh tokens. A part of the store: saved and restored with the rows."""

    def __init__(self, *, org_id: str, ids: IdSource, seconds: int = SESSION_SECONDS) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()  # a server's threads log in at the same time
        self._org_id15 = org_id[:15]
        self._ids = ids
        self._open: dict[str, Session] = {}  # read, and ended, without the lock: walked in a copy
        self._refresh: dict[str, Refresh] = {}

    def open(self, *, user_id: str, client_id: str, now: datetime, scope: str = "", refresh: str = "") -> Session:
        """A new session of the user; other sessions of the same user stay open."""
        token = f"{self._org_id15}!AQ{self._ids.token(OPAQUE_CHARS)}"
        at = now.timestamp()
        session = Session(token, user_id, client_id, at, at + self.seconds, scope, refresh)
        with self._lock:
            self._forget_ended(now)
            self._open[token] = session
        return session

    def use(self, token: str, now: datetime) -> Session | None:
        """The open session of *token*, whose end moves on; None when there is none."""
        session = self.find(token, now)
        if session is not None:
            session.ends = now.timestamp() + self.seconds
        return session

    def find(self, token: str, now: datetime) -> Session | None:
        """The open session of *token*, as it is; None when there is none."""
        session = self._open.get(token)
        if session is not None and now.timestamp() >= session.ends:
            self._open.pop(token, None)
            return None
        return session

    def owner(self, token: str) -> str:
        """The user id of a session, ended or not so far; "" when the token is unknown."""
        session = self._open.get(token)
        return session.user_id if session is not None else ""

    def of_user(self, user_id: str, now: datetime) -> Session | None:
        """Any open session of the user."""
        at = now.timestamp()
        with self._lock:
            mine = (one for one in list(self._open.values()) if one.user_id == user_id)
            return next((one for one in mine if at < one.ends), None)

    def close(self, token: str) -> bool:
        """End the session, or forget the refresh token and end its sessions; False when neither is known."""
        with self._lock:
            known = self._open.pop(token, None) is not None
            return self._forget_refresh(token) or known

    def end(self, token: str) -> None:
        """End the session, if there is one; a refresh token of that name stays."""
        self._open.pop(token, None)

    def password_given(self, user_id: str) -> None:
        """The user has a new password: sessions that waited for it may go on."""
        for session in list(self._open.values()):
            if session.user_id == user_id:
                session.password_due = False

    # --- refresh tokens --------------------------------------------------------------------------

    def grant_refresh(self, *, user_id: str, client_id: str, scope: str = "") -> str:
        """A refresh token of the user for the client: the one it has, or a new one."""
        with self._lock:
            for one in self._refresh.values():
                if (one.user_id, one.client_id) == (user_id, client_id):
                    return one.token
            return self._new_refresh(user_id, client_id, scope, 0.0).token

    def issue_refresh(self, *, user_id: str, client_id: str, scope: str, now: datetime) -> Refresh:
        """A new refresh token; the user's oldest one for the app gives way when there are too many."""
        with self._lock:
            mine = [one for one in self._refresh.values() if (one.user_id, one.client_id) == (user_id, client_id)]
            for oldest in mine[: max(0, len(mine) - APPROVALS_MAX + 1)]:
                self._forget_refresh(oldest.token)
            return self._new_refresh(user_id, client_id, scope, now.timestamp())

    def rotate_refresh(self, old: Refresh, now: datetime) -> Refresh:
        """A new token in the place of *old*, which is forgotten; its sessions stay open."""
        with self._lock:
            self._refresh.pop(old.token, None)
            new = self._new_refresh(old.user_id, old.client_id, old.scope, old.issued or now.timestamp())
            for session in list(self._open.values()):
                if session.refresh == old.token:
                    session.refresh = new.token
        return new

    def refresh(self, token: str) -> Refresh | None:
        """The refresh token as it was issued, or None; its app's policy is not looked at."""
        return self._refresh.get(token)

    def _new_refresh(self, user_id: str, client_id: str, scope: str, at: float) -> Refresh:
        made = Refresh(f"5Aep861{self._ids.token(80)}", user_id, client_id, scope, at, at)
        self._refresh[made.token] = made
        return made

    def _forget_refresh(self, token: str) -> bool:
        if self._refresh.pop(token, None) is None:
            return False
        for each in [one.token for one in list(self._open.values()) if one.refresh == token]:
            self._open.pop(each, None)
        return True

    # --- a part of the store ---------------------------------------------------------------------

    def dump(self) -> Any:
        sessions = [
            [s.token, s.user_id, s.client_id, s.issued, s.ends, s.scope, s.refresh, s.password_due]
            for s in list(self._open.values())
        ]
        refresh = {r.token: [r.user_id, r.client_id, r.scope, r.issued, r.used] for r in list(self._refresh.values())}
        return {"open": sessions, "refresh": refresh}

    def load(self, state: Any) -> None:
        self._open = {row[0]: Session(*row) for row in state["open"]}
        self._refresh = {token: Refresh(token, *row) for token, row in state["refresh"].items()}

    def _forget_ended(self, now: datetime) -> None:
        at = now.timestamp()
        for token in [token for token, s in list(self._open.items()) if at >= s.ends]:
            self._open.pop(token, None)
