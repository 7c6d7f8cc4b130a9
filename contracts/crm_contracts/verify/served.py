"""A stage whose fakes are served on sockets, and the sync that lives on the other side of them.

Rule 1: users act in this process as ever; only the sync under test comes over the sockets, through the border.
Rule 2: a sync is installed before a history begins: one run over systems in which there is no activity yet. What it
        remembers of that run is where every history begins, so that a first run's set-up is never taken for a finding.
Rule 3: what only a partner's own people or its own product can do is done for the sync: the tenant's switch
        "Notes to inherit Task sourceId" follows the settings (rules P17 to P22).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import certifi

from crm_contracts.verify.border import Border, Death, Gate, open_border
from crm_contracts.verify.given import given
from crm_contracts.verify.runner import Ended, Runner
from crm_contracts.world.settings import Inheritance, Settings
from crm_contracts.world.stage import Crashed, Stage
from crm_contracts.world.under_test import Connection
from fake_core.errors import MisuseError
from fake_core.server import ServedFake

POLL_SECONDS = 600  # between the installation and what happens first


class Failed(Exception):
    """A run that did not end well: not with exit status 0, or not with a 2xx answer of the hook."""

    def __repr__(self) -> str:
        return f"an error ({self})"


class Hung(Failed):
    """A run that did not end."""


@dataclass(frozen=True)
class Installed:
    """Where a history begins for given settings: both systems and the sync's own files after its first run."""

    opening: Mapping[str, str]
    folder: Path
    requests: int


class ServedStage(Stage):
    """The two fakes of a `Stage`, on sockets of 127.0.0.1 for a sync that is not in this process."""

    profile = "planhat"

    def __init__(self, runner: Runner, *, tls: bool = False, external_id: bool = False) -> None:
        super().__init__(external_id=external_id)
        self.runner = runner
        self.border = Border(self.clock)
        self.runs = 0
        self.ended: Ended | None = None  # how the newest run ended
        self._installed: dict[Settings, Installed] = {}
        self._pristine = self._opening
        self._open = ExitStack()
        self._folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="understudy-verify-")))
        gates = {vendor: Gate(fake, self.border) for vendor, fake in self.fakes.items()}
        self.served = {vendor: self._open.enter_context(ServedFake(gate, tls=tls)) for vendor, gate in gates.items()}
        ca_file = self._certificates() if tls else None
        self.told: dict[str, Any] = {
            vendor: {
                **self.fakes[vendor].credentials(served.url),
                "access_token": None,
                "refresh_token": None,  # the person's: a sync logs in as itself
                **self.logins[vendor].credentials,
                "ca_file": ca_file,
            }
            for vendor, served in self.served.items()
        }
        control = {vendor: f"{served.url}/__understudy__/" for vendor, served in self.served.items()}
        self.clock_url = f"{control['salesforce']}clock"

    def _certificates(self) -> str:
        """One file with the CAs of all fakes, and beside it those together with the public ones."""
        cas = b"\n".join(served.ca_file.read_bytes() for served in self.served.values() if served.ca_file)
        ca_file = self._folder / "ca.pem"
        ca_file.write_bytes(cas)
        ca_file.with_name("ca-bundle.pem").write_bytes(Path(certifi.where()).read_bytes() + b"\n" + cas)
        return str(ca_file)

    def close(self) -> None:
        self._open.close()
        super().close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    # -- where a history begins -------------------------------------------------------------------

    def install(self, settings: Settings) -> Installed:
        """Let the sync run once where nothing has happened yet; its state is where every history begins.

        Raises MisuseError, with the sync's last words, when it cannot run.
        """
        if settings in self._installed:
            return self._installed[settings]
        self._opening = self._pristine
        super().reset()
        folder = Path(tempfile.mkdtemp(prefix="installed-", dir=self._folder))
        sync = ServedSync(_connection(self, folder), settings, self)
        sync.save(settings)
        self.counter.begin(crash_at=0, acted=False, on_crash=lambda: None)
        try:
            sync.run()
        except Hung:
            raise MisuseError(f"{self.runner.name}: its first run did not end in time; see --timeout") from None
        except Failed as failed:
            raise MisuseError(f"{self.runner.name}: its first run, where there was nothing to sync: {failed}") from None
        finally:
            self.counter.end()
        opening = {vendor: control.snapshot() for vendor, control in self.control.items()}
        made = Installed(opening, folder, self.counter.requests)
        self._installed[settings] = made
        return made

    def begin(self, settings: Settings) -> Installed:
        """The next world begins with the sync installed for *settings*."""
        made = self.install(settings)
        self._opening = dict(made.opening)
        return made

    def reset(self) -> None:
        super().reset()
        self.clock.advance(POLL_SECONDS)


class ServedSync:
    """The sync under test as a world knows it: each run is the runner's, told where the sockets are."""

    def __init__(self, connection: Connection, settings: Settings, stage: ServedStage) -> None:
        self._connection = connection
        self._stage = stage
        self._settings = settings
        self._memory = connection.state / "understudy.json"
        known = json.loads(self._memory.read_text()) if self._memory.exists() else {}
        self._inheritance = Inheritance(**known.get("inheritance", {}))

    @classmethod
    def installed(cls, stage: ServedStage, installed: Installed) -> Any:
        """The factory for a world that begins with what is *installed*."""

        def make(connection: Connection, settings: Settings) -> ServedSync:
            if not any(connection.state.iterdir()):
                shutil.copytree(installed.folder, connection.state, dirs_exist_ok=True)
            return cls(connection, settings, stage)

        return make

    def save(self, settings: Settings) -> None:
        self._settings = settings
        self._inheritance.saved(settings)
        self._remember()

    def staff_disable_inheritance(self) -> None:
        self._inheritance.staff_disabled()
        self._remember()

    def _remember(self) -> None:
        """The switch of the tenant, and that it survives a crash of the sync: it is not the sync's."""
        self._connection.set_inheritance(self._inheritance.on)
        self._memory.write_text(json.dumps({"inheritance": asdict(self._inheritance)}))

    def run(self) -> str:
        """One run. Raises Crashed where it was killed on purpose, Hung or Failed where it did not end well."""
        stage = self._stage
        counter, border = stage.counter, stage.border
        told = given(
            stage.told,
            folder=self._connection.state,
            now=stage.clock.now(),
            clock_url=stage.clock_url,
            settings=self._told_settings(),
            switches=asdict(self._settings) | {"external_id_field": self._connection.external_id_field},
        )
        counter.counting = False  # the border counts
        stage.runs += 1
        with open_border(border, Death(counter.crash_at, counter.acted), stage.runner.kill):
            ended = stage.ended = stage.runner.run(told)
        counter.requests, counter.order = len(border.heard), list(border.heard)
        if border.died:
            counter.unread = border.unread
            counter.on_crash()
            raise Crashed(f"killed at request {counter.crash_at}")
        if ended.hung:
            raise Hung(str(ended))
        if ended.status != 0:
            raise Failed(str(ended))
        return str(ended)

    def close(self) -> None:
        """Nothing is open between runs."""

    def _told_settings(self) -> dict[str, Any]:
        settings = self._settings
        pairs = (("Task", "Task", settings.task), ("Conversation", settings.conversation_object, settings.conversation))
        return {
            "profile": self._stage.profile,
            "sections": [{"planhat": a, "salesforce": b, "direction": direction} for a, b, direction in pairs],
            "conflict": settings.conflict,
            "external_id_field": self._connection.external_id_field,
            "notes_inherit_task_source_id": self._inheritance.on,
        }


def _connection(stage: ServedStage, state: Path) -> Connection:
    return Connection(
        salesforce=stage.logins["salesforce"],
        planhat=stage.logins["planhat"],
        session=stage.session,
        clock=stage.clock,
        state=state,
        set_inheritance=stage.set_inheritance,
        external_id_field=stage.external_id_field,
    )
