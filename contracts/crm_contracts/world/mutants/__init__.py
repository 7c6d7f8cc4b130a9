"""Planted bugs: the engine and the fakes, each wrong in one way, and what of the proof notices.

A planted bug is data (`model.Mutant`): one place, what stands there, what is to stand there instead, and the failure
mode it belongs to. `planting.planted` puts it there for a while, `lane` are the proof's means from the cheap to the
dear, `runner` lets them at it and makes what they find short.
    python -m crm_contracts.world.mutants --only NAME
Rule: a target is named as text and loaded at run time; nothing here imports the engine or the inside of a fake.
Source: mutation analysis (DeMillo, Lipton and Sayward, Hints on Test Data Selection).
"""

from __future__ import annotations

from crm_contracts.world.mutants.catalogue import MUTANTS
from crm_contracts.world.mutants.model import Mutant

__all__ = ["MUTANTS", "Mutant"]
