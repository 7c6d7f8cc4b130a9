"""What every fake shares and no vendor owns: clock, ids, store, faults, limits, journal, control plane, transports.

A fake is a `Fake`: a WSGI application around a vendor's own, with the control plane beside it.
Nothing here knows a vendor, and nothing is ambient: time, ids, chance, faults and storage are handed in.
The names below are loaded when first used: a command line that only prints its help must not load a database library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fake_core.clock import Clock, FrozenClock, RealClock, SteppedClock
    from fake_core.control import ControlClient
    from fake_core.errors import FakeError, MisuseError, VendorError
    from fake_core.fake import Fake, FaultAnswers, Meaning
    from fake_core.faults import Fault, Faults
    from fake_core.ids import IdSource
    from fake_core.limits import RollingWindow
    from fake_core.store import Store
    from fake_core.tenants import Tenants
    from fake_core.transport import InProcess

__all__ = [
    "Clock",
    "ControlClient",
    "Fake",
    "FakeError",
    "Fault",
    "FaultAnswers",
    "Faults",
    "FrozenClock",
    "IdSource",
    "InProcess",
    "Meaning",
    "MisuseError",
    "RealClock",
    "RollingWindow",
    "SteppedClock",
    "Store",
    "Tenants",
    "VendorError",
]

_HOMES = {
    "clock": ("Clock", "FrozenClock", "RealClock", "SteppedClock"),
    "control": ("ControlClient",),
    "errors": ("FakeError", "MisuseError", "VendorError"),
    "fake": ("Fake", "FaultAnswers", "Meaning"),
    "faults": ("Fault", "Faults"),
    "ids": ("IdSource",),
    "limits": ("RollingWindow",),
    "store": ("Store",),
    "tenants": ("Tenants",),
    "transport": ("InProcess",),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"fake_core.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
