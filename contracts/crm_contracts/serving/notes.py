"""What is served now: a small file in the user's state folder, and the shell variables that `understudy env` prints."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crm_contracts.vendors import CLIENT_VARIABLES
from fake_core.errors import MisuseError

HOME_VARIABLE = "UNDERSTUDY_HOME"


def home() -> Path:
    """Where the CA and the notes on what is served live: `$UNDERSTUDY_HOME`, or the user's state folder."""
    given = os.environ.get(HOME_VARIABLE)
    if given:
        return Path(given)
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state) / "understudy" if state else Path.home() / ".local" / "state" / "understudy"


def ca_bundle() -> Path:
    """The public CAs and ours, in one file; there once something was served over TLS."""
    return home() / "tls" / "ca-bundle.pem"


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
    """`export NAME='value'` lines, one for each of `variables`."""
    return [f"export {name}={shlex.quote(value)}" for name, value in variables(told)]


def variables(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and values: one for each word of the JSON line, and the variables that clients read.

    Of several tenants each word is VENDOR_TENANT_WORD; who reads a variable of one tenant must be told which.
    """
    found = []
    ca_file = None
    for vendor, words in told.items():
        if vendor == "control":
            found += [_variable(f"UNDERSTUDY_{name}_CONTROL", url) for name, url in words.items()]
            continue
        ca_file = ca_file or words.get("ca_file")
        found += [_variable(f"{vendor}_{name}", value) for name, value in words.items() if value and name != "tenants"]
        for tenant, own in words.get("tenants", {}).items():
            found += [_variable(f"{vendor}_{tenant}_{name}", value) for name, value in own.items() if value]
        known = CLIENT_VARIABLES.get(vendor, {})
        found += [_variable(variable, words[name]) for variable, name in known.items() if name in words]
    if ca_file:
        bundle = str(Path(ca_file).with_name("ca-bundle.pem"))
        found += [_variable(name, bundle) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")]
        found.append(_variable("NODE_EXTRA_CA_CERTS", ca_file))
    return found


def _variable(name: str, value: Any) -> tuple[str, str]:
    return name.upper().replace("-", "_"), str(value)
