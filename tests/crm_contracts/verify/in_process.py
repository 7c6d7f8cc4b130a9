"""A sync in the test's own process: the same code over the same sockets, without a new Python for each run."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from crm_contracts.verify.runner import Ended, Given

ROOT = Path(__file__).parents[3]
NAIVE = ROOT / "fixtures" / "naive_sync" / "naive_sync.py"


def naive_sync() -> ModuleType:
    """The module of fixtures/naive_sync."""
    spec = importlib.util.spec_from_file_location("naive_sync", NAIVE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class InProcess:
    """Killed, it finds every connection broken: to a sync that remembers at its very end, that is death."""

    can_die = True

    def __init__(self, name: str, sync: Callable[[dict[str, str]], object]) -> None:
        self.name = name
        self._sync = sync

    def run(self, given: Given) -> Ended:
        try:
            with patch.dict(os.environ, given.variables):
                self._sync(dict(os.environ))
        except Exception as error:  # noqa: BLE001 - as Python would end with a traceback and exit status 1
            return Ended(1, words=f"{type(error).__name__}: {error}"[:300])
        return Ended(0)

    def kill(self) -> None:
        """The border is shut: nothing more is heard."""


class NaiveRunner(InProcess):
    """The naive sync."""

    def __init__(self, name: str) -> None:
        super().__init__(name, naive_sync().sync)
