"""`understudy serve` and `understudy env`: fakes on ports of this machine, each in a process of its own.

A process each, because granian runs a WSGI application in worker processes only: it is the fastest server measured, and
a fake's state must live in exactly one worker. What is served is written to a small file in the user's state folder, so
that `understudy env` can print it from another shell.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_contracts.vendors import create_fake
from fake_core.clock import RealClock
from fake_core.errors import ConnectionDropped, MisuseError

if TYPE_CHECKING:
    import requests
    from _typeshed.wsgi import WSGIApplication

    from fake_core.server import Certificates

START_SECONDS_MAX = 30
POLL_SECONDS = 0.01
# A fake answers one request at a time, and its threads take turns: left to Python's own lock they get in each other's
# way, and 16 connections were served at half the speed (measured). More than one: a `delay` fault sleeps in its thread.
WORKER_THREADS = 3
OPTIONS_VARIABLE = "UNDERSTUDY_SERVE"
HOME_VARIABLE = "UNDERSTUDY_HOME"


@dataclass(frozen=True, kw_only=True)
class Serve:
    """One fake to serve."""

    vendor: str
    host: str
    port: int
    data: str
    org: str | None
    cert_file: str | None
    key_file: str | None

    def url(self) -> str:
        host = "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::"} else self.host  # noqa: S104 - compared only
        return f"{'https' if self.cert_file else 'http'}://{host}:{self.port}"


def home() -> Path:
    """Where the CA and the notes on what is served live: `$UNDERSTUDY_HOME`, or the user's state folder."""
    given = os.environ.get(HOME_VARIABLE)
    if given:
        return Path(given)
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state) / "understudy" if state else Path.home() / ".local" / "state" / "understudy"


def application() -> WSGIApplication:
    """What granian's worker runs: the fake named in the environment."""
    options = json.loads(os.environ.pop(OPTIONS_VARIABLE))
    given = {"org": options["org"]} if options["org"] else {}
    turn = threading.Lock()
    fake = create_fake(options["vendor"], clock=_PatientClock(turn), data=options["data"], **given)

    def app(environ: Any, start_response: Any) -> Any:
        try:
            with turn:
                return fake(environ, start_response)
        except ConnectionDropped as dropped:
            from fake_core.server import broken_answer

            dropped.settle()
            return broken_answer(start_response)

    return app


class _PatientClock(RealClock):
    """The real clock of a fake that answers one request at a time: who waits lets the others go on."""

    def __init__(self, turn: threading.Lock) -> None:
        self._turn = turn

    def sleep(self, seconds: float) -> None:
        self._turn.release()
        try:
            super().sleep(seconds)
        finally:
            self._turn.acquire()


def run_server() -> None:
    """The body of a served fake's process."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces

    options = json.loads(os.environ[OPTIONS_VARIABLE])
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    Granian(
        "crm_contracts.serving:application",
        factory=True,
        address=options["host"],
        port=options["port"],
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=1,
        blocking_threads=WORKER_THREADS,
        log_enabled=False,
        ssl_cert=Path(options["cert_file"]) if options["cert_file"] else None,
        ssl_key=Path(options["key_file"]) if options["key_file"] else None,
        reload=False,
    ).serve()


def _stop_with_parent() -> None:
    """Our standard input ends when `understudy serve` does, also when it was killed: then nobody would stop us."""
    while os.read(0, 1):  # not sys.stdin: its lock, held here, would block the interpreter's end
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def check_port(host: str, port: int) -> int:
    """*port*, or a free one for 0. Raises MisuseError when it is taken or the host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise MisuseError(f"cannot listen on {host}:{port}: {reason}; choose another --port, or 0") from error
        chosen: int = probe.getsockname()[1]
        return chosen


def data_url(url: str, vendor: str, *, several: bool) -> str:
    """The store of one vendor: a file is shared by name only, `org.sqlite` → `org-planhat.sqlite`."""
    if not several or not url.startswith("sqlite:///"):
        return url
    path = Path(url.removeprefix("sqlite:///"))
    return f"sqlite:///{path.with_name(f'{path.stem}-{vendor}{path.suffix}')}"


class Served:
    """The running processes, from ready to stopped."""

    def __init__(self, serves: list[Serve], *, ca_file: Path | None) -> None:
        self._serves = serves
        self._ca_file = ca_file
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> dict[str, Any]:
        """Start all, wait until each answers, say what a client needs. Raises MisuseError with the server's words."""
        for one in self._serves:
            environment = os.environ | {OPTIONS_VARIABLE: json.dumps(asdict(one))}
            command = [sys.executable, "-c", "from crm_contracts.serving import run_server; run_server()"]
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
                command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self.processes.append(process)
        import requests  # here, because the processes start meanwhile

        session = requests.Session()
        session.trust_env = False
        session.verify = str(self._ca_file) if self._ca_file else True
        told: dict[str, Any] = {}
        control: dict[str, str] = {}
        for one, process in zip(self._serves, self.processes, strict=True):
            credentials = self._wait(one, process, session)
            ca_file = str(self._ca_file) if self._ca_file else None
            told[one.vendor] = {"url": one.url(), "ca_file": ca_file, **_without(credentials, "url", "ca_file")}
            control[one.vendor] = f"{one.url()}/__understudy__/"
        return told | {"control": control}

    def wait(self) -> None:
        """Until a process ends by itself. Raises MisuseError: a fake does not stop on its own."""
        clock = RealClock()
        while True:
            for one, process in zip(self._serves, self.processes, strict=True):
                if process.poll() is not None:
                    raise MisuseError(f"the {one.vendor} fake stopped by itself: {_last_words(process)}")
            clock.sleep(0.2)

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=10)

    def _wait(self, one: Serve, process: subprocess.Popen[bytes], session: requests.Session) -> dict[str, Any]:
        clock = RealClock()
        until = clock.now().timestamp() + START_SECONDS_MAX
        while clock.now().timestamp() < until:
            if process.poll() is not None:
                raise MisuseError(f"the {one.vendor} fake did not start: {_last_words(process)}")
            try:
                answer = session.get(f"{one.url()}/__understudy__/credentials", timeout=5)
            except OSError:  # requests' errors are OSErrors: nobody listens yet
                clock.sleep(POLL_SECONDS)
                continue
            credentials: dict[str, Any] = answer.json()
            return credentials
        raise MisuseError(f"the {one.vendor} fake did not answer at {one.url()} within {START_SECONDS_MAX} s")


def _without(words: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in words.items() if name not in names}


def _last_words(process: subprocess.Popen[bytes]) -> str:
    text = process.stderr.read().decode("utf-8", "replace") if process.stderr else ""
    lines = [line for line in text.splitlines() if line.strip()]
    # The last line of a traceback is "module.MisuseError: the words": the words are what the user needs.
    return re.sub(r"^[\w.]*MisuseError: ", "", lines[-1].strip()) if lines else f"exit status {process.returncode}"


@contextmanager
def certificates(host: str) -> Iterator[tuple[Certificates, Path]]:
    """A certificate for *host* from the CA in the state folder, and the CA together with the public ones."""
    import certifi

    from fake_core.server import Certificates

    names = () if host in {"127.0.0.1", "localhost"} else (host,)
    made = Certificates(home() / "tls", names=names, leaf=f"server-{os.getpid()}")
    bundle = made.ca_file.with_name("ca-bundle.pem")
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + made.ca_file.read_bytes())
    try:
        yield made, bundle
    finally:
        made.remove_leaf()


@contextmanager
def noted(told: dict[str, Any]) -> Iterator[None]:
    """While the block runs, a file says what is served, for `understudy env`."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"serving-{os.getpid()}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(told), encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def what_is_served() -> dict[str, Any]:
    """The newest note of a server that still runs. Raises MisuseError when there is none."""
    notes = sorted(home().glob("serving-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for note in notes:
        if _alive(int(note.stem.partition("-")[2])):
            told: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
            return told
        note.unlink(missing_ok=True)  # its server was killed
    raise MisuseError("nothing is served now: start `understudy serve` in another shell")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def shell_variables(told: dict[str, Any]) -> list[str]:
    """`export NAME='value'` lines: one for each word of the JSON line, and the CA variables clients read."""
    lines = []
    ca_file = None
    for vendor, words in told.items():
        if vendor == "control":
            lines += [_export(f"UNDERSTUDY_{name.upper()}_CONTROL", url) for name, url in words.items()]
            continue
        ca_file = ca_file or words.get("ca_file")
        lines += [_export(f"{vendor.upper()}_{name.upper()}", value) for name, value in words.items() if value]
    if "planhat" in told:
        lines.append(_export("PLANHAT_API_BASE_URL", told["planhat"]["url"]))  # what pyplanhat reads
        lines.append(_export("PLANHAT_API_KEY", told["planhat"]["token"]))
    if ca_file:
        bundle = str(Path(ca_file).with_name("ca-bundle.pem"))
        lines += [_export(name, bundle) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")]
        lines.append(_export("NODE_EXTRA_CA_CERTS", ca_file))
    return lines


def _export(name: str, value: Any) -> str:
    return f"export {name}={shlex.quote(str(value))}"
