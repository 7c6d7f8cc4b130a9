"""Scrubbing: a capsule that may be mailed, because nobody's words are in it, and that still shows the bug.

`prove` replaces every text of people by stand-ins (`cipher`, `texts`), keeps what matters to software (`knowledge`),
and plays both capsules to show that the bug is still there.

    understudy capsule scrub FILE
"""

from __future__ import annotations

from crm_contracts.capsules.scrub.cipher import Cipher
from crm_contracts.capsules.scrub.proof import BugGone, Proven, prove
from crm_contracts.capsules.scrub.scrubbing import Scrubbed, scrubbed, summed

__all__ = ["BugGone", "Cipher", "Proven", "Scrubbed", "prove", "scrubbed", "summed"]
