"""`understudy serve` and `understudy env`: fakes on ports of this machine, each in a process of its own.

A process each, because granian runs a WSGI application in worker processes only: it is the fastest server measured, and
a fake's state must live in exactly one worker. What is served is written to a small file in the user's state folder, so
that `understudy env` can print it from another shell.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_contracts.serving.notes import ca_bundle, home
from crm_contracts.vendors import MANY_TENANTS, TITLES, VENDORS
from fake_core.clock import RealClock
from fake_core.errors import MisuseError

if TYPE_CHECKING:
    import requests

    from fake_core.server import Certificates

START_SECONDS_MAX = 30
POLL_SECONDS = 0.01
OPTIONS_VARIABLE = "UNDERSTUDY_SERVE"


@dataclass(frozen=True, kw_only=True)
class Serve:
    """One vendor to serve: *orgs* are the tenants' files (or Salesforce's edition), none for a tenant by default."""

    vendor: str
    host: str
    port: int
    data: str
    named: bool = False  # whether files of *data* have the vendor's name
    orgs: tuple[str, ...] = ()
    cert_file: str | None = None
    key_file: str | None = None
    frozen: bool = False  # whether each tenant's clock stands still until the control plane moves it

    def url(self) -> str:
        host = "localhost" if self.host in {"127.0.0.1", "0.0.0.0", "::"} else self.host  # noqa: S104 - compared only
        return f"{'https' if self.cert_file else 'http'}://{host}:{self.port}"


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


def orgs_by_vendor(given: Iterable[str], vendors: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What `--org` says of each vendor: `VENDOR=FILE`, or Salesforce's `NAME|FILE` as it stands.

    Raises MisuseError for a vendor that is not there or not served, and for a second Salesforce org.
    """
    found: dict[str, list[str]] = {}
    for one in given:
        vendor, sign, org = one.partition("=")
        if not sign or Path(one).exists():
            vendor, org = "salesforce", one
        if vendor not in VENDORS:
            raise MisuseError(f"--org {one}: no vendor {vendor!r}: write VENDOR=FILE with one of {', '.join(VENDORS)}")
        if not org:
            raise MisuseError(f"--org {one}: no file: write {vendor}=FILE")
        if vendor not in vendors:
            raise MisuseError(f"--org {one}: {vendor} is not served: name it, too, or leave all names out")
        found.setdefault(vendor, []).append(org)
        if len(found[vendor]) > 1 and vendor not in MANY_TENANTS:
            raise MisuseError(f"--org {one}: {TITLES[vendor]} has one org for each address: serve it by itself")
    return {vendor: tuple(orgs) for vendor, orgs in found.items()}


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
            command = [sys.executable, "-c", "from crm_contracts.serving.worker import run_server; run_server()"]
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
            names = self._wait(one, process, session)
            plane = control[one.vendor] = f"{one.url()}/__understudy__/"
            whole = {"url": one.url(), "ca_file": str(self._ca_file) if self._ca_file else None}
            if len(names) == 1:
                told[one.vendor] = whole | _credentials(session, plane)
                continue
            planes = {name: f"{plane}tenants/{name}/" for name in names}
            tenants = {name: _credentials(session, at) | {"control": at} for name, at in planes.items()}
            told[one.vendor] = whole | {"tenants": tenants}
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

    def _wait(self, one: Serve, process: subprocess.Popen[bytes], session: requests.Session) -> list[str]:
        """The names of the tenants, once they answer."""
        clock = RealClock()
        until = clock.now().timestamp() + START_SECONDS_MAX
        while clock.now().timestamp() < until:
            if process.poll() is not None:
                raise MisuseError(f"the {one.vendor} fake did not start: {_last_words(process)}")
            try:
                answer = session.get(f"{one.url()}/__understudy__/tenants", timeout=5)
            except OSError:  # requests' errors are OSErrors: nobody listens yet
                clock.sleep(POLL_SECONDS)
                continue
            names: list[str] = answer.json()["tenants"]
            return names
        raise MisuseError(f"the {one.vendor} fake did not answer at {one.url()} within {START_SECONDS_MAX} s")


def _credentials(session: requests.Session, plane: str) -> dict[str, Any]:
    """What a client needs beside the address and the CA."""
    words: dict[str, Any] = session.get(f"{plane}credentials", timeout=30).json()
    return {name: value for name, value in words.items() if name not in {"url", "ca_file"}}


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
    bundle = ca_bundle()
    bundle.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + made.ca_file.read_bytes())
    try:
        yield made, bundle
    finally:
        made.remove_leaf()
