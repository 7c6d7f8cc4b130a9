"""Normalisation: F42 to F48."""

from __future__ import annotations

from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.scenarios.made import LATER, SYNC, edit, salesforce, scenario, task

__all__ = ["SCENARIOS"]

ROCKET = "\U0001f680"

SCENARIOS = (
    scenario(
        "F42",
        "nothing, an empty text and blanks",
        [
            task(description=""),
            task("act-2", description="<p> </p>"),
            salesforce("act-3", Description=None),
            salesforce("act-4", Description="  \n "),
            SYNC,
            LATER,
            edit(TASK, "act-3", description="<p></p>"),
            edit(SALESFORCE, Description=None),
            SYNC,
        ],
    ),
    scenario(
        "F43",
        "markup survives an edit of another field",
        [
            task(description="<p><b>Bold</b> and <a href='https://example.com'>linked</a></p><ul><li>one</li></ul>"),
            SYNC,
            LATER,
            edit(SALESFORCE, Subject="New title"),
            SYNC,
        ],
    ),
    scenario(
        "F43",
        "a text with signs that mean something in HTML",
        [
            salesforce(Subject="a < b & c", Description="if a < b & c > d:\n\tprint('&amp;')"),
            SYNC,
            LATER,
            edit(TASK, action="a < b"),
            SYNC,
        ],
    ),
    scenario(
        "F44",
        "line ends of Windows stay while another field is written",
        [
            salesforce(Description="one\r\ntwo\r\n\r\nthree"),
            SYNC,
            LATER,
            edit(TASK, action="New title"),
            SYNC,
            LATER,
            edit(TASK, description="<p>one</p><p>two</p>"),
            SYNC,
        ],
    ),
    scenario(
        "F45",
        "a title longer than Salesforce takes",
        [
            task(action="x" * 300),
            SYNC,
            LATER,
            edit(SALESFORCE, Description="not the title"),
            SYNC,
            LATER,
            edit(TASK, action="y" + "x" * 300),
            SYNC,
        ],
    ),
    scenario(
        "F45",
        "a text longer than Salesforce takes",
        [task(description=f"<p>{'word ' * 8_000}</p>"), SYNC, LATER, edit(SALESFORCE, Subject="New title"), SYNC],
    ),
    scenario(
        "F46",
        "a day, and moments at both ends of it",
        [
            salesforce(ActivityDate="2026-03-29"),
            task("act-2", startTime="2026-03-29T00:00:00.000Z"),
            task("act-3", startTime="2026-10-25T23:59:59.000Z"),
            SYNC,
            LATER,
            edit(TASK, startTime="2026-03-29T23:30:00.000Z"),
            edit(SALESFORCE, "act-3", ActivityDate="2026-10-26"),
            SYNC,
        ],
    ),
    scenario(
        "F47",
        "two forms of one letter, and an emoji",
        [
            salesforce(Subject=f"Cafe\u0301 {ROCKET}"),
            SYNC,
            LATER,
            edit(TASK, action=f"Caf\u00e9 {ROCKET}", description=f"<p>{ROCKET}</p>"),
            SYNC,
        ],
    ),
    scenario("F47", "a NUL in a text", [task(action="a\x00b", description="<p>c\x00d</p>"), SYNC]),
    scenario(
        "F47",
        "a title of emoji, short in characters and long in what Salesforce counts",
        [task(action=ROCKET * 200), SYNC],
    ),
    scenario(
        "F48",
        "a status in other letters than the vendor's",
        [task(), SYNC, LATER, edit(TASK, status="in-PROGRESS"), SYNC, LATER, edit(TASK, action="Title"), SYNC],
    ),
)
