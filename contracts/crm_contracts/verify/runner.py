"""One run of a sync that is not ours: a process of its own, or an HTTP hook that is answered when the run is over.

Rule 1: a run gets everything by its environment (a hook: by the JSON of its POST), nothing by arguments.
Rule 2: killed means killed: SIGKILL to the whole process group, as when a machine goes down. Nothing can be tidied up.
Rule 3: who takes longer than the time allowed hangs: it is killed, and that is a finding of its own.
Rule 4: whatever it prints is taken, so that it never waits for us, and only the end of it is kept.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import requests

from fake_core.clock import RealClock
from fake_core.errors import MisuseError

KILL_SECONDS_MAX = 10
WORDS_MAX = 300
SAID_BYTES_MAX = 1_000_000
SAID_SECONDS_MAX = 1  # for what somebody who left the process group may still want to say
RECONNECT_SECONDS = 0.2


@dataclass(frozen=True)
class Given:
    """What one run is told: the environment variables, and the settings that stand in the file one of them names."""

    variables: Mapping[str, str]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status (None: it was killed), whether it hung, and the last line that it said."""

    status: int | None
    hung: bool = False
    words: str = ""

    def __str__(self) -> str:
        how = "it was killed" if self.status is None else f"exit status {self.status}"
        return f"{how}: {self.words}" if self.words else how


class Runner(Protocol):
    """A way to run the sync once, and to kill it in the middle."""

    @property
    def name(self) -> str:
        """What it is called in a report."""

    @property
    def can_die(self) -> bool:
        """Whether a run can be killed in the middle."""

    def run(self, given: Given) -> Ended:
        """One run, from its start to its end. Raises MisuseError when it cannot even be started."""

    def kill(self) -> None:
        """End the run that is under way, without a word to it; returns when it has ended."""


@dataclass
class CommandRunner:
    """A command, started anew for each run. *command* is split as a shell would, and no shell is involved.

    *folder* is where it is started, if not here. *more_seconds* is how much longer than *timeout_seconds* it may
    take by what happened in the run so far.
    """

    command: str
    timeout_seconds: float = 60
    folder: Path | None = None
    more_seconds: Callable[[], float] = lambda: 0.0
    can_die = True
    said: bytes = field(default=b"", repr=False)  # by the newest run, on both of its outputs
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.command

    def run(self, given: Given) -> Ended:
        argv = _words(self.command)
        try:
            self._process = process = subprocess.Popen(  # noqa: S603 - the user's own command, no shell
                argv,
                cwd=self.folder,
                env=os.environ | given.variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise MisuseError(f"{argv[0]} cannot be started: {error.strerror}; check the command") from None
        assert process.stdout is not None
        ear = _Ear(process.stdout)
        ear.start()
        hung = True
        try:
            hung = self._hangs(process)
        finally:
            self._end(process)  # also what the command left running behind it, also when somebody presses Ctrl-C
            ear.join(SAID_SECONDS_MAX)
        self.said = bytes(ear.heard[-SAID_BYTES_MAX:])
        words = _last_line(self.said)
        status = process.returncode
        return Ended(None if hung or status < 0 else status, hung=hung, words=words)

    def _hangs(self, process: subprocess.Popen[bytes]) -> bool:
        waited, allowed = 0.0, self.timeout_seconds
        while allowed > waited:
            try:
                process.wait(allowed - waited)
            except subprocess.TimeoutExpired:
                waited, allowed = allowed, self.timeout_seconds + self.more_seconds()
            else:
                return False
        return True

    def kill(self) -> None:
        process = self._process
        assert process is not None, "a run is under way"
        self._end(process)

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody of the group is left
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(KILL_SECONDS_MAX)


class _Ear(threading.Thread):
    """Takes what a process says, to the end of it. *heard* is the end of that, a little more than is kept."""

    def __init__(self, said: IO[bytes]) -> None:
        super().__init__(daemon=True)  # who left the process group may hold the other end for ever
        self.heard = bytearray()
        self._said = said

    def run(self) -> None:
        with self._said:
            while piece := os.read(self._said.fileno(), 65_536):
                if len(self.heard) > 2 * SAID_BYTES_MAX:
                    del self.heard[:-SAID_BYTES_MAX]
                self.heard += piece


@dataclass
class HookRunner:
    """A service that is there already: a POST starts one run and is answered when it is over (2xx: it went well).

    *kill_command* ends the service and starts it again; without one no run can be killed in the middle.
    """

    url: str
    timeout_seconds: float = 60
    kill_command: str = ""
    _kill_failed: str = field(default="", repr=False)
    _was_killed: bool = field(default=False, repr=False)

    @property
    def name(self) -> str:
        return self.url

    @property
    def can_die(self) -> bool:
        return bool(self.kill_command)

    def run(self, given: Given) -> Ended:
        body = {"variables": dict(given.variables), "settings": dict(given.settings)}
        clock = RealClock()
        until = clock.now().timestamp() + self.timeout_seconds
        dying, self._was_killed = self._was_killed, False
        with requests.Session() as session:
            session.trust_env = False
            while True:
                if self._kill_failed:
                    raise MisuseError(self._kill_failed)
                try:
                    answer = session.post(self.url, json=body, timeout=self.timeout_seconds)
                except requests.ReadTimeout:
                    return Ended(None, hung=True, words=f"no answer within {self.timeout_seconds:g} s")
                except (
                    requests.ConnectionError,
                    requests.exceptions.InvalidURL,
                    requests.exceptions.MissingSchema,
                ) as no:
                    if dying and "reset" in str(no):
                        dying = False  # who was killed took this call, and had no time to close its door
                        continue
                    if not self._may_be_starting(no) or clock.now().timestamp() > until:
                        return Ended(None, words=_reason(no)) if self.can_die else _unreachable(self.url, no)
                    clock.sleep(RECONNECT_SECONDS)
                    continue
                return Ended(
                    0 if answer.ok else answer.status_code, words="" if answer.ok else _last_line(answer.content)
                )

    def _may_be_starting(self, error: Exception) -> bool:
        return self.can_die and isinstance(error, requests.ConnectionError) and "refused" in str(error)

    def kill(self) -> None:
        argv = _words(self.kill_command)
        self._was_killed = True
        try:
            subprocess.run(argv, check=False, capture_output=True, timeout=self.timeout_seconds)  # noqa: S603 - theirs
        except (OSError, subprocess.TimeoutExpired) as error:
            self._kill_failed = f"{argv[0]} did not work: {error}; check --kill-command"  # told by the next run


def _words(command: str) -> Sequence[str]:
    try:
        argv = shlex.split(command)
    except ValueError as error:
        raise MisuseError(f"{command!r} is no command: {error}") from None
    if not argv:
        raise MisuseError("the command is empty: name the program that performs one run")
    return argv


def _unreachable(url: str, error: Exception) -> Ended:
    raise MisuseError(f"nobody answers at {url}: {_reason(error)}; start the service, or check --hook")


def _reason(error: Exception) -> str:
    return str(getattr(error.args[0], "reason", error.args[0]) if error.args else error).rpartition(": ")[2][:WORDS_MAX]


def _last_line(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:WORDS_MAX] if lines else ""
