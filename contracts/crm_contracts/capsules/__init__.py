"""Capsules: a customer's bug report as one small file that replays the bug every time.

A capsule is YAML (`yaml_text`), checked by a published JSON Schema (`schema`), read into a `Capsule` (`reading`) and
played in a world of its own (`replay`): starting records, operations of users, what was expected. Whatever finds a
bug (a simulation, Hypothesis, a HAR file, two exports, a journal) writes one; whatever wants a bug reads one.

    understudy capsule run FILE
"""

from __future__ import annotations

from crm_contracts.capsules.capsule import Capsule
from crm_contracts.capsules.reading import read_capsule
from crm_contracts.capsules.replay import Replay, replay
from crm_contracts.capsules.writing import write_capsule

__all__ = ["Capsule", "Replay", "read_capsule", "replay", "write_capsule"]
