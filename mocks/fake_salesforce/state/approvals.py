"""What users granted to apps and have not spent yet: authorization codes, device codes, approvals; failed log-ins.

Rule 1: a code is good once, for fifteen minutes; what was spent is remembered as spent until then.
Rule 2: an approval is what a user said yes to, per app: the scopes. It outlives sessions.
Rule 3: ten wrong passwords in a row lock a user out for fifteen minutes.
Source: Salesforce Help, OAuth 2.0 Web Server Flow and Device Flow; Set Password Policies (both defaults).
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

CODE_SECONDS = 900
DEVICE_SECONDS = 600
DEVICE_INTERVAL_SECONDS = 5
LOCKOUT_SECONDS = 900
HOUR = 3_600


@dataclass(slots=True)
class Code:
    """An authorization code. *challenge* and *method* are those of PKCE, "" without; *ends* in epoch seconds."""

    code: str
    user_id: str
    client_id: str
    redirect_uri: str
    scope: str
    ends: float
    challenge: str = ""
    method: str = ""
    nonce: str = ""
    spent: bool = False


@dataclass(slots=True)
class Device:
    """A device that waits for a user. *state* is pending, allowed, denied or spent; *polled* in epoch seconds."""

    device_code: str
    user_code: str
    client_id: str
    scope: str
    ends: float
    polled: float = 0.0
    state: str = "pending"
    user_id: str = ""


class Approvals:
    """A part of the store: saved and restored with the rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}
        self._devices: dict[str, Device] = {}
        self._approved: dict[tuple[str, str], set[str]] = {}  # (user id, client id) -> scopes
        self._failures: dict[str, list[float]] = {}  # username -> [wrong passwords in a row, locked until]
        self._logins: dict[str, list[int]] = {}  # user id -> [hour, log-ins in it]

    # --- codes -----------------------------------------------------------------------------------

    def keep(self, code: Code, at: float) -> None:
        """Remember a new code; those that ended are forgotten."""
        with self._lock:
            self._codes = {key: one for key, one in self._codes.items() if at < one.ends}
            self._codes[code.code] = code

    def code(self, text: str) -> Code | None:
        """The code, spent or not, ended or not; None when it was never issued or is long gone."""
        return self._codes.get(text)

    def spend(self, code: Code) -> bool:
        """Use the code up; False when somebody was faster."""
        with self._lock:
            fresh = not code.spent
            code.spent = True
        return fresh

    # --- devices ---------------------------------------------------------------------------------

    def wait(self, device: Device, at: float) -> None:
        """Remember a device that waits."""
        with self._lock:
            self._devices = {key: one for key, one in self._devices.items() if at < one.ends}
            self._devices[device.device_code] = device

    def device(self, device_code: str) -> Device | None:
        """The device, by the code it holds."""
        return self._devices.get(device_code)

    def device_of_user_code(self, user_code: str, at: float) -> Device | None:
        """The device that shows *user_code* and still waits, in any letter case."""
        wanted = user_code.strip().upper()
        waiting = (one for one in list(self._devices.values()) if one.state == "pending" and at < one.ends)
        return next((one for one in waiting if one.user_code == wanted), None)

    # --- approvals -------------------------------------------------------------------------------

    def approve(self, user_id: str, client_id: str, scopes: set[str]) -> None:
        """The user lets the app have *scopes*, beside what it has."""
        with self._lock:
            self._approved.setdefault((user_id, client_id), set()).update(scopes)

    def approved(self, user_id: str, client_id: str) -> set[str]:
        """The scopes the user granted the app; empty without any."""
        return set(self._approved.get((user_id, client_id), ()))

    # --- log-ins ---------------------------------------------------------------------------------

    def locked(self, username: str, at: float) -> bool:
        """The user is locked out now."""
        return at < self._failures.get(username, [0, 0.0])[1]

    def failed(self, username: str, at: float, limit: int) -> None:
        """One more wrong password; the one that reaches *limit* locks the user out."""
        with self._lock:
            count, until = self._failures.get(username, [0, 0.0])
            count += 1
            if count >= limit:
                count, until = 0, at + LOCKOUT_SECONDS
            self._failures[username] = [count, until]

    def succeeded(self, username: str) -> None:
        """A right password: what went wrong before is forgotten."""
        with self._lock:
            self._failures.pop(username, None)

    def log_in(self, user_id: str, at: float, limit: int) -> bool:
        """Count a log-in of the user in this hour of the clock; False past *limit*."""
        hour = int(at // HOUR)
        with self._lock:
            counted, number = self._logins.get(user_id, [hour, 0])
            number = number if counted == hour else 0
            self._logins[user_id] = [hour, number + 1]
        return number < limit

    # --- a part of the store ---------------------------------------------------------------------

    def dump(self) -> Any:
        return {
            "codes": [asdict(one) for one in list(self._codes.values())],
            "devices": [asdict(one) for one in list(self._devices.values())],
            "approved": [[*key, sorted(scopes)] for key, scopes in sorted(self._approved.items())],
            "failures": dict(self._failures),
            "logins": dict(self._logins),
        }

    def load(self, state: Any) -> None:
        self._codes = {one["code"]: Code(**one) for one in state.get("codes", ())}
        self._devices = {one["device_code"]: Device(**one) for one in state.get("devices", ())}
        self._approved = {(user, app): set(scopes) for user, app, scopes in state.get("approved", ())}
        self._failures = {name: list(row) for name, row in state.get("failures", {}).items()}
        self._logins = {user: list(row) for user, row in state.get("logins", {}).items()}
