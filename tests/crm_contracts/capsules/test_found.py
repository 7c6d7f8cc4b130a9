"""What capsules found, kept as they found it."""

from __future__ import annotations

import pytest

from crm_contracts.capsules.reading import from_text
from crm_contracts.capsules.replay import replay
from crm_contracts.capsules.stages import Stages

AFTER_THE_BIN = """
capsule: 1
title: A Task that left the recycle bin is written for ever
failure: F24
profile: totango
ops:
  - {op: create, side: salesforce, act: act-1, section: task, fields: {Subject: Renewal}}
  - {op: sync}
  - {op: delete, side: salesforce, act: act-1}
  - {op: tick, seconds: 1382400}
  - {op: complete, side: partner, act: act-1}
"""


@pytest.mark.rule("I2", "F65")
def test_a_task_that_left_the_bin_unseen_is_put_aside() -> None:
    """Deleted, sixteen days without a round, then its partner is edited: a 404 that proves no deletion is put aside.

    It is tried again, ever later; a judge that calls that a loop is wrong for Totango as for Planhat.
    """
    with Stages() as stages:
        played = replay(from_text(AFTER_THE_BIN, name="found"), stages)

    assert played.violation is None
