"""A report as one HTML page that needs nothing else: no script, no font, no picture from anywhere.

Rule 1: everything that came over the wire is escaped, and steers nothing (direction of writing, control characters).
"""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from crm_contracts.findings import Report
from crm_contracts.findings.characters import for_terminal
from crm_contracts.findings.grouping import grouped, levels, not_run, number, words
from crm_contracts.findings.plots import STATES, by_grade, by_operation
from crm_contracts.vendors import TITLES

__all__ = ["render"]

TEMPLATE = "report.html.j2"


def render(report: Report) -> str:
    """The whole page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"words": words, "number": number, "titles": TITLES}
    text = (files("crm_contracts.findings") / "data" / TEMPLATE).read_text(encoding="utf-8")
    page = environment.from_string(text).render(
        report=report,
        verdict=("Held" if report.ok else "Failed") if report.ran else "Nothing was checked",
        counts=report.counts,
        states=STATES,
        groups=grouped(report),
        levels=list(levels(report)),
        skipped=not_run(report),
        grades=by_grade(report),
        covered=by_operation(report),
    )
    return for_terminal(page) + "\n"
