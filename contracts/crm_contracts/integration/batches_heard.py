"""What the calls of a plain run meant, in the fakes' own words: where a fault can strike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from crm_contracts.integration.checks.batches import is_batch
from crm_contracts.integration.ladder import Heard
from crm_contracts.integration.parsed import Run

__all__ = ["heard_of"]


def heard_of(vendor: str, journal: Sequence[Mapping[str, Any]], run: Run) -> Iterator[Heard]:
    """Verb and object of each exchange of a fake's journal, in order; and whether its operation takes a batch."""
    # Of a Planhat batch of one the refusal is the whole answer: no part of it can be overlooked.
    batches = [is_batch(one) and (vendor != "planhat" or len(one.items) > 1) for one in run.of(vendor)]
    for number, row in enumerate(journal):
        yield vendor, str(row["verb"]), str(row["object"]), number < len(batches) and batches[number]
