"""A report as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from crm_contracts.vendors import TITLES
from crm_contracts.verify.arena import in_words
from crm_contracts.verify.report import Report, words_of
from crm_contracts.verify.text import not_tried
from crm_contracts.world.columns import say
from crm_contracts.world.story import gathered

TEMPLATE = "report.html.j2"


def render_page(report: Report) -> str:
    """The whole page. Everything a vendor or a user wrote is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = (files("crm_contracts.verify") / "data" / TEMPLATE).read_text(encoding="utf-8")
    findings = [
        {
            "name": name,
            "says": says,
            "finding": finding,
            "words": words_of(finding.kind),
            "events": [(one, say(one)) for one in gathered(finding.events)],
            "also": report.also(finding.kind, name),
            "again": report.replay(name),
        }
        for name, says, finding in report.findings
    ]
    failed = len([one for one in report.tried if one.found])
    page = environment.from_string(text).render(
        report=report,
        partner=TITLES[report.profile],
        findings=findings,
        held_to=report.held_to,
        failed=failed,
        put_to=in_words(report.settings),
        not_tried=not_tried(report),
    )
    return page + "\n"
