"""Capsules: a customer's bug report as one small file that replays the bug every time.

A capsule is YAML (`yaml_text`), checked by a published JSON Schema (`schema`), read into a `Capsule` (`reading`) and
played in a world of its own (`replay`): starting records, operations of users, what was expected. Whatever finds a
bug (a simulation, Hypothesis, a HAR file, two exports, a journal) writes one; whatever wants a bug reads one.

    understudy capsule run FILE
"""

from __future__ import annotations

from crm_contracts.capsules.capsule import Capsule, Customer, OpenQuestionWarning
from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.writing import write_capsule

__all__ = [
    "Capsule",
    "Customer",
    "OpenQuestionWarning",
    "Replay",
    "assert_holds",
    "read_capsule",
    "replay",
    "write_capsule",
]


def assert_holds(capsule: Capsule) -> None:
    """Play *capsule* with the sync that ships here. Raises AssertionError with the whole story where it breaks."""
    __tracebackhide__ = True
    from crm_contracts.capsules.suite import assert_holds as checked  # knows pytest

    checked(capsule)
