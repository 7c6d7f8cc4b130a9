"""Planted bugs of the engine that show where it syncs Totango or Marketo: of each invariant that the judge of pairs has
from that of Planhat (I9, I12, I15, I16), and of who took part.
"""

from __future__ import annotations

from crm_contracts.world.mutants.model import Mutant, Text

__all__ = ["PAIRS"]


def _both(name: str, failure: str, wrong: str, *patches: Text, scenario: str = "") -> tuple[Mutant, Mutant]:
    """One bug in each profile of pairs."""
    return (
        Mutant(f"{name}, Totango", failure, wrong, patches, profile="totango", scenario=scenario),
        Mutant(f"{name}, Marketo", failure, wrong, patches, profile="marketo", scenario=scenario),
    )


PAIRS = (
    *_both(
        "the newest of a list is the cursor",
        "F55",
        "Where the newest record was deleted, the cursor goes back to the one before it.",
        Text("crm_sync.state.State.move_cursors", "elif known[name] < at:", "else:"),
        Text("crm_sync.state.State.move_cursors", "known[name] = max(at, known.get(name, at))", "known[name] = at"),
    ),
    *_both(
        "a scan begins behind its cursor",
        "F55",
        "A scan begins two minutes after its cursor: what was edited soon after the newest record is gone past.",
        Text(
            "crm_sync.observe.scans.scan_start",
            "cursor - timedelta(seconds=overlap_seconds)",
            "cursor + timedelta(seconds=overlap_seconds)",
        ),
    ),
    Mutant(
        "a rendered name is not agreed on",
        "F17",
        "What was written is not agreed on: where Salesforce has no opinion it goes out as often as it is scanned.",
        (
            Text(
                "crm_sync.act.Actor._commit",
                "if base != {k: dict(v) for k, v in activity.link.base.items()}:",
                "if base != {k: dict(v) for k, v in activity.link.base.items()} and not plan.write:",
            ),
        ),
        scenario="F17 a name",
        profile="marketo",
    ),
    *_both(
        "line ends are content",
        "F44",
        "Texts are compared with their line ends and outer blanks, and written over for nothing else.",
        Text(
            "crm_sync.totango.lenses.Lines._canon",
            "html_text.canon(None if text is None else str(text))",
            '("" if text is None else str(text))',
        ),
    ),
    *_both(
        "deletions are in no count",
        "F67",
        "A deletion that is carried over is seen, and counted as nothing.",
        Text("crm_sync.report.SectionReport.deleted", "return self.count(Outcome.DELETED)", "return 0"),
    ),
    *_both(
        "our own write is an edit",
        "F17",
        "What was written to a record that no scan had shown is not agreed on: it wins over the next edit of a person.",
        Text(
            "crm_sync.act.Actor._agreed",
            "if before is None and known and plan.create == replica:",
            "if before is None and known:",
        ),
    ),
    *_both(
        "losers are in no log",
        "F19",
        "A value that lost a conflict is written down nowhere.",
        Text("crm_sync.losers.conflicts_of", "", "return []"),
    ),
    *_both(
        "what is kept out is not looked at",
        "F19",
        "What a filter or a skipped status keeps out of the scan is overwritten unseen, however old the other edit.",
        Text(
            "crm_sync.observe.completing.Completing._may_be_passed",
            "return aside or bool(engine.condition(link.sf_object)) or engine.scope.passes_some",
            "return aside",
        ),
        scenario="F19 the",
    ),
    Mutant(
        "the window is open to whoever is read",
        "F58",
        "An edit of long ago goes out when Salesforce's record has the pair looked at.",
        (Text("crm_sync.observe.completing.Completing._shut_out", "", "return None"),),
        profile="totango",
    ),
    Mutant(
        "the first of several contacts took part",
        "F05",
        "An address of two contacts is taken for the first one's.",
        (
            Text(
                "crm_sync.engine.Engine._contact_in_salesforce",
                "found[0] if len(found) == 1 else None",
                "found[0] if found else None",
            ),
        ),
        profile="totango",
        scenario="F30",
    ),
    Mutant(
        "who took part is forgotten",
        "F30",
        "What is written when a record is made, and never later, is not written at all.",
        (
            Text(
                "crm_sync.plan._plan_partner_creation",
                "mapped.write_in is Write.NEVER",
                "mapped.write_in is not Write.ALWAYS",
            ),
        ),
        profile="totango",
    ),
    Mutant(
        "people are found by e-mail",
        "F30",
        "Whom a reminder is about is known by e-mail, and two may share one.",
        (
            Text(
                "crm_sync.sides.marketo.Marketo.parents",
                'row["sf_contact_id"] or',
                'next(one["sf_contact_id"] for one in self._list("/people") if one["email"] == row["email"]) or',
            ),
            Text("crm_sync.engine.Engine._parents", "if account in by_account:", "if False:"),
        ),
        profile="marketo",
    ),
)
