"""The fakes of a capsule on sockets, as the replay left them, for any client to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from crm_contracts.capsules.stages import AnyStage
from crm_contracts.serving import notes
from fake_core.server import ServedFake

__all__ = ["serving"]


@contextmanager
def serving(stage: AnyStage, *, tls: bool = False) -> Iterator[dict[str, Any]]:
    """Serve while the block runs; what a client needs, as `understudy serve --json` says it. `understudy env` knows it.

    The clock stands where the replay left it.
    """
    with ExitStack() as opened:
        told: dict[str, Any] = {}
        control: dict[str, str] = {}
        for vendor, fake in stage.fakes.items():
            served = opened.enter_context(ServedFake(fake, tls=tls))
            ca_file = str(served.ca_file) if served.ca_file else None
            told[vendor] = {**fake.credentials(served.url), "url": served.url, "ca_file": ca_file}
            control[vendor] = f"{served.url}/__understudy__/"
        told["control"] = control
        opened.enter_context(notes.noted(told))
        yield told
