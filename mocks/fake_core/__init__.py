"""What every fake shares and no vendor owns: clock, ids, store, faults, limits, journal, control plane, transports.

A fake is a `Fake`: a WSGI application around a vendor's own, with the control plane beside it.
Nothing here knows a vendor, and nothing is ambient: time, ids, chance, faults and storage are handed in.
"""

from __future__ import annotations

from fake_core.clock import Clock, FrozenClock, RealClock, SteppedClock
from fake_core.control import ControlClient
from fake_core.errors import FakeError, MisuseError, VendorError
from fake_core.fake import Fake, FaultAnswers, Meaning
from fake_core.faults import Fault, Faults
from fake_core.ids import IdSource
from fake_core.limits import RollingWindow
from fake_core.store import Store
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
    "VendorError",
]
