"""A capsule's history as a sequence chart that can be put into a ticket: as plain text and as SVG.

`explained` plays the capsule and draws nothing; `as_text` and `as_svg` draw what it gives.

    understudy explain CAPSULE [--faulty] [--svg FILE]
"""

from __future__ import annotations

from crm_contracts.capsules.explain.chart import Chart, Step
from crm_contracts.capsules.explain.charting import explained
from crm_contracts.capsules.explain.svg import as_svg
from crm_contracts.capsules.explain.text import as_text

__all__ = ["Chart", "Step", "as_svg", "as_text", "explained"]
