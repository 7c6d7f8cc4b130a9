"""The judge of pairs is judged: a wrong sync fails with the invariant it breaks, the honest one lives through the same.

Each wrong sync differs from the honest one in one thing. Found by the ordinary lane: a list of operations, played.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.crm_contracts.pairs import wrong_syncs as wrong

from crm_contracts.world.pairs import PairSettings, PairStage, Policy, play
from crm_contracts.world.pairs import toys as all_toys
from crm_contracts.world.pairs.ops import (
    IN,
    OUT,
    PARTNER,
    SALESFORCE,
    Complete,
    Configure,
    Create,
    Delete,
    Edit,
    Heal,
    InjectFault,
    Op,
    Sync,
    Tick,
)
from crm_contracts.world.pairs.settings import CAMPAIGN_TOUCH, REMINDER, TASK, TOUCHPOINT
from crm_contracts.world.pairs.toys import (
    AbsenceDeletes,
    BlindCreator,
    CopyEverything,
    Honest,
    Idle,
    TrustsModifier,
)
from crm_contracts.world.violations import (
    BrokenFrame,
    CallsUnbounded,
    ChangeMissed,
    DirectionIgnored,
    Duplicated,
    FalselyDeleted,
    InvariantViolated,
    Invented,
    LensBroken,
    Looping,
    LostUpdate,
    NotConverged,
    NotQuiet,
    Stumbled,
    Unaccounted,
)

DAY = 86_400


@dataclass(frozen=True)
class Case:
    """One wrong sync, the history that shows it, and what the judge says."""

    sync: type[Idle]
    found: type[InvariantViolated]
    says: str
    history: list[Op]
    profile: str = "totango"
    policies: Mapping[str, Policy] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def here(section: str, act: str = "act-1", at: str = "acme", **fields: Any) -> Create:
    given = {"Subject": f"Call {act}"} | ({"ActivityDate": "2026-02-03"} if section == TOUCHPOINT else {})
    return Create(side=SALESFORCE, act=act, section=section, at=at, fields=given | fields)


def there(section: str, act: str = "act-1", at: str = "acme", **fields: Any) -> Create:
    title = {TASK: "title", TOUCHPOINT: "subject", REMINDER: "name", CAMPAIGN_TOUCH: "name"}[section]
    return Create(side=PARTNER, act=act, section=section, at=at, fields={title: f"Prepare {act}"} | fields)


def edit(side: str, **fields: Any) -> Edit:
    return Edit(side=side, act="act-1", fields=fields)


LINKED: list[Op] = [here(TASK), Sync(), Tick()]
REMINDED: list[Op] = [here(REMINDER), Sync(), Tick()]
BOTH_EDITED: list[Op] = [
    *LINKED,
    edit(SALESFORCE, Subject="A"),
    Tick(),
    edit(PARTNER, description="B"),
    Sync(),
]
BOTH_COMPLETED: list[Op] = [
    *REMINDED,
    edit(SALESFORCE, ActivityDate="2026-03-03", Description="sf"),
    Tick(),
    edit(PARTNER, details="sia", due_date="2026-04-04"),
    Sync(),
]
WITH_PEOPLE = {"participants": True}
LATER = Tick(seconds=600)
OLD = {TASK: Policy(delete_vs_update="last_write_wins")}
CASES: dict[str, Case] = {
    "does nothing, Totango": Case(Idle, NotConverged, "has no partner record", LINKED),
    "does nothing, Marketo": Case(Idle, NotConverged, "has no salesforce record", [there(REMINDER)], "marketo"),
    "copies everything over an edit": Case(
        CopyEverything, LostUpdate, "last agreed", [*LINKED, edit(PARTNER, title="B"), Sync()]
    ),
    "copies everything over an edit, Marketo": Case(
        CopyEverything, LostUpdate, "last agreed", [*REMINDED, edit(PARTNER, details="B"), Sync()], "marketo"
    ),
    "copies everything against the direction": Case(
        CopyEverything, DirectionIgnored, "no task comes in", LINKED, policies={TASK: Policy(direction="out")}
    ),
    "creates again blindly": Case(
        BlindCreator,
        Duplicated,
        "more than one salesforce record",
        [there(TASK), InjectFault(fault="lost_response", vendor="salesforce", verb="create"), Sync(), Sync()],
    ),
    "creates again blindly, Marketo": Case(
        BlindCreator,
        Duplicated,
        "more than one salesforce record",
        [there(REMINDER), InjectFault(fault="lost_response", vendor="salesforce", verb="create"), Sync(), Sync()],
        "marketo",
    ),
    "deletes what a filter hides (T14)": Case(
        AbsenceDeletes,
        FalselyDeleted,
        "no user deleted its counterpart",
        [*LINKED, edit(SALESFORCE, Priority="Low"), Sync()],
        policies={TASK: Policy(in_filter="Priority != 'Low'")},
    ),
    "trusts the modifier": Case(
        TrustsModifier, Looping, "was written in 2 rounds", [*LINKED, edit(PARTNER, title="B"), Sync(ways=(OUT,))]
    ),
    "trusts the modifier, Marketo": Case(TrustsModifier, Looping, "was written in 2 rounds", REMINDED, "marketo"),
    "merges by field where the record decides (T9)": Case(wrong.Merging, LostUpdate, "by record", BOTH_EDITED),
    "decides by record where each field does (M22)": Case(
        wrong.Merging,
        LostUpdate,
        "by field",
        [*REMINDED, edit(SALESFORCE, Description="A"), Tick(), edit(PARTNER, due_date="2026-04-04"), Sync()],
        "marketo",
    ),
    "lets the older side win (T9)": Case(wrong.Reversed, LostUpdate, "policy newest", BOTH_EDITED),
    "lets the older side win (M22)": Case(wrong.Reversed, LostUpdate, "policy newest", BOTH_COMPLETED, "marketo"),
    "gives a tie to the partner (T9)": Case(
        wrong.Reversed,
        LostUpdate,
        "policy newest",
        [*LINKED, edit(SALESFORCE, Subject="A"), edit(PARTNER, title="B"), Sync()],
    ),
    "ignores who wins by policy": Case(
        wrong.Reversed, LostUpdate, "policy salesforce", BOTH_EDITED, policies={TASK: Policy(conflict="salesforce")}
    ),
    "writes WhatId on update (T17)": Case(wrong.Attaching, BrokenFrame, "WhatId", LINKED),
    "sets an open status back (T45)": Case(
        wrong.Tidy,
        LensBroken,
        "reads the same but was rewritten",
        [*LINKED, edit(SALESFORCE, Status="In Progress"), Sync()],
    ),
    "sets an unheard status back (M5)": Case(
        wrong.Tidy, LostUpdate, "state", [*REMINDED, edit(SALESFORCE, Status="In Progress"), Sync()], "marketo"
    ),
    "loses the time of day": Case(
        wrong.Midnight,
        LensBroken,
        "reads the same",
        [there(TOUCHPOINT, touchpoint_date=1_770_000_000_000), Sync(), Sync()],
    ),
    "signs as the author (T31)": Case(wrong.Shameless, BrokenFrame, "T31", [here(TASK), Sync()]),
    "creates with the switch off (T13)": Case(
        wrong.Eager, DirectionIgnored, "T13", [here(TASK), Sync()], policies={TASK: Policy(create_in=False)}
    ),
    "creates with the switch off (T24)": Case(
        wrong.Eager, DirectionIgnored, "T24", [there(TASK), Sync()], policies={TASK: Policy(create_out=False)}
    ),
    "creates beyond the window (T23)": Case(
        wrong.Eager,
        DirectionIgnored,
        "T23",
        [there(TASK), Tick(seconds=30 * DAY + 1), Sync()],
        policies={TASK: Policy(out_updated_days=30)},
    ),
    "sends what is kept out (T42)": Case(
        wrong.Eager, DirectionIgnored, "T42", [there(TOUCHPOINT, disable_sync=True), Sync()]
    ),
    "brings a campaign touch back (T1)": Case(
        wrong.Eager, DirectionIgnored, "T1", [there(CAMPAIGN_TOUCH), Sync(), Sync()]
    ),
    "works while it is off (M1)": Case(
        wrong.Eager, DirectionIgnored, "M1", REMINDED, "marketo", settings={"enabled": False}
    ),
    "pushes what was there before (M15)": Case(
        wrong.AllReminders,
        DirectionIgnored,
        "M15",
        [there(REMINDER), Tick(), Configure(settings={"enabled": True}), Sync()],
        "marketo",
        settings={"enabled": False},
    ),
    "takes another user's task (M24)": Case(
        wrong.Everybodys, DirectionIgnored, "M24", [here(REMINDER, OwnerId="quinn"), Sync()], "marketo"
    ),
    "keeps the link to itself": Case(wrong.Loose, Duplicated, "does not carry the id", [there(TASK), Sync()]),
    "keeps the link to itself, Marketo": Case(
        wrong.Loose, Duplicated, "does not carry the id", [there(REMINDER), Sync()], "marketo"
    ),
    "finds people by e-mail (M26)": Case(
        wrong.Confusing, BrokenFrame, "M26", [there(REMINDER, person="another ann"), Sync()], "marketo"
    ),
    "cuts the end of a campaign's subject (T27)": Case(
        wrong.Blunt, Invented, "title", [there(CAMPAIGN_TOUCH, name="Spring act-1 " + "x" * 300, users_count=3), Sync()]
    ),
    "makes words up": Case(wrong.Prefixing, Invented, "title", [there(TASK), Sync()]),
    "renders another subject (M10)": Case(wrong.Prefixing, Invented, "title", [there(REMINDER), Sync()], "marketo"),
    "carries a subject in (M11)": Case(
        wrong.Renaming, LostUpdate, "title", [*REMINDED, edit(SALESFORCE, Subject="New"), Sync()], "marketo"
    ),
    "keeps what was deleted (T40)": Case(
        wrong.Keeping, NotConverged, "still lives", [*LINKED, Delete(side=SALESFORCE, act="act-1")]
    ),
    "keeps what was deleted (T39)": Case(
        wrong.Keeping, NotConverged, "still lives", [*LINKED, Delete(side=PARTNER, act="act-1")]
    ),
    "keeps what was deleted (M21)": Case(
        wrong.Keeping, NotConverged, "still lives", [*REMINDED, Delete(side=PARTNER, act="act-1")], "marketo"
    ),
    "deletes what was edited since (T41)": Case(
        wrong.Relentless,
        FalselyDeleted,
        "T41",
        [*LINKED, Delete(side=SALESFORCE, act="act-1"), Tick(), edit(PARTNER, title="B"), Sync()],
        policies=OLD,
    ),
    "deletes beyond the window (T39)": Case(
        wrong.Relentless,
        FalselyDeleted,
        "T39",
        [*LINKED, Delete(side=PARTNER, act="act-1"), Tick(seconds=30 * DAY + 1), Sync()],
        policies={TASK: Policy(out_updated_days=30)},
    ),
    "deletes beyond the window what was edited (T39)": Case(
        wrong.Relentless,
        FalselyDeleted,
        "T39",
        [*LINKED, Delete(side=PARTNER, act="act-1"), Tick(seconds=31 * DAY), edit(SALESFORCE, Subject="B"), Sync()],
        policies={TASK: Policy(out_updated_days=30)},
    ),
    "deletes beyond the catch-up (M18)": Case(
        AbsenceDeletes,
        FalselyDeleted,
        "M18",
        [
            *REMINDED,
            Configure(settings={"enabled": False}),
            Delete(side=SALESFORCE, act="act-1"),
            Tick(seconds=15 * DAY + 1),
            Configure(settings={"enabled": True}),
            Sync(),
        ],
        "marketo",
    ),
    "brings back what was deleted (I6)": Case(
        wrong.Resurrecting,
        FalselyDeleted,
        "is back",
        [*LINKED, Sync(), Delete(side=PARTNER, act="act-1"), Sync()],
        policies={TASK: Policy(delete_out=False)},
    ),
    "runs a job that was not due (T3)": Case(
        wrong.Impatient, DirectionIgnored, "in this round", [here(TASK), Sync(ways=(OUT,))]
    ),
    "writes without end": Case(wrong.Busy, Looping, "Subject .* was written in 2 rounds", LINKED),
    "has an afterthought": Case(
        wrong.Afterthought, NotQuiet, "nothing had happened", [*LINKED, Sync(), Tick(), Sync()]
    ),
    "goes past an edit": Case(
        wrong.WallClock,
        ChangeMissed,
        "went past the salesforce record",
        [*LINKED, LATER, edit(SALESFORCE, Subject="B")],
    ),
    "turns its clock back": Case(
        wrong.Rewinding, ChangeMissed, "the cursor touch went back", [*LINKED, Sync(), Sync()]
    ),
    "tidies line ends": Case(
        wrong.OneLineEnd,
        LensBroken,
        "text of the salesforce record",
        [here(TASK, Description="a\r\nb"), Sync(), Sync()],
    ),
    "forgets who took part (T34)": Case(
        wrong.Alone, BrokenFrame, "T34", [here(TOUCHPOINT, WhoId="bob"), Sync()], settings=WITH_PEOPLE
    ),
    "forgets to send who took part (T33)": Case(
        wrong.Alone, BrokenFrame, "T33", [there(TOUCHPOINT, participants=["ann", "bob"]), Sync()], settings=WITH_PEOPLE
    ),
    "sends one of two Anns (T32)": Case(
        wrong.AnyAnn, BrokenFrame, "T33", [there(TOUCHPOINT, participants=["ann"]), Sync()], settings=WITH_PEOPLE
    ),
    "sends who took part unasked (T25)": Case(wrong.AnyAnn, BrokenFrame, "T33", [there(TOUCHPOINT), Sync()]),
    "takes a reminder's person for another (M26)": Case(
        wrong.Somebody, BrokenFrame, "M26", [here(REMINDER, WhoId="another ann"), Sync()], "marketo"
    ),
    "counts wrongly": Case(wrong.Miscounting, Unaccounted, "1 seen are not 0 created", LINKED),
    "asks on when the day's calls are used up": Case(
        wrong.Stubborn,
        CallsUnbounded,
        "used up",
        [*LINKED, InjectFault(fault="limit_reached", vendor="salesforce", verb="query", times=None), Sync(), Heal()],
    ),
    "falls over": Case(wrong.Clumsy, Stumbled, "AssertionError", [here(TASK, Subject="Grüße act-1"), Sync()]),
}


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, PairStage]]:
    made = {profile: PairStage(profile) for profile in ("totango", "marketo")}
    yield made
    for stage in made.values():
        stage.close()


@pytest.mark.rule("T1", "T3", "T9", "T13", "T14", "T17", "T23", "T24", "T31", "T39", "T40", "T41", "T42", "T45")
@pytest.mark.rule("M1", "M5", "M10", "M11", "M15", "M18", "M21", "M22", "M24")
@pytest.mark.parametrize("name", sorted(CASES))
def test_a_wrong_sync_is_caught_where_the_honest_one_is_not(stages: dict[str, PairStage], name: str) -> None:
    """The invariant that is broken, told in words, by a sync that does one thing wrong."""
    case = CASES[name]
    settings = PairSettings(profile=case.profile, policies=case.policies).changed(case.settings)
    stage = stages[case.profile]

    play(case.history, stage=stage, sync=Honest, settings=settings)
    with pytest.raises(case.found, match=case.says):
        play(case.history, stage=stage, sync=case.sync, settings=settings)


A_WHOLE_LIFE: list[Op] = [
    here(TASK, Description="x", Status="In Progress"),
    there(TASK, "act-2", description="y", assignee="quinn", due_date="2026-02-03"),
    there(TOUCHPOINT, "act-3", content="c"),
    here(TOUCHPOINT, "act-4"),
    there(CAMPAIGN_TOUCH, "act-5", users_count=2),
    here(TASK, "act-6", at="nowhere"),
    there(TASK, "act-7", at="island"),
    Sync(ways=(OUT, IN)),
    Tick(),
    edit(SALESFORCE, Subject="A"),
    Tick(),
    edit(PARTNER, description="B"),
    Sync(),
    Complete(side=PARTNER, act="act-1"),
    Complete(side=SALESFORCE, act="act-2"),
    Delete(side=PARTNER, act="act-3"),
    Delete(side=SALESFORCE, act="act-4"),
    Sync(),
]


@pytest.mark.rule("T11", "T20", "T26")
@pytest.mark.parametrize(
    ("conflict", "title"), [("newest", "Call act-1"), ("salesforce", "A"), ("partner", "Call act-1")]
)
def test_an_honest_sync_passes_and_the_policy_names_the_winner(
    stages: dict[str, PairStage], conflict: str, title: str
) -> None:
    """The claims can be met, and what comes out is what a person expects, not merely what the oracle accepts."""
    settings = PairSettings(profile="totango", policies={TASK: Policy(conflict=conflict)})
    world = play(A_WHOLE_LIFE, stage=stages["totango"], sync=Honest, settings=settings)

    activities = world.oracle.model.activities
    counts = {handle: [len(one.live(side)) for side in (SALESFORCE, PARTNER)] for handle, one in activities.items()}
    both, none = [1, 1], [0, 0]
    expected = {"act-1": both, "act-2": both, "act-3": none, "act-4": none, "act-5": both}
    assert expected | {"act-6": [1, 0], "act-7": [0, 1]} == counts
    first = activities["act-1"]
    titles = [first.live(SALESFORCE)[0].row["Subject"], first.live(PARTNER)[0].row["title"]]
    assert [title, title] == titles


def test_playing_twice_gives_the_same_requests(stages: dict[str, PairStage]) -> None:
    """I14: one clock, seeded ids: the story of two runs is the same, byte for byte."""
    stage = stages["totango"]
    logs = [[line for _, line in play(A_WHOLE_LIFE, stage=stage, sync=Honest).timeline] for _ in (1, 2)]

    assert logs[0] == logs[1]


def test_every_toy_is_tried() -> None:
    """A toy that nobody plays proves nothing."""
    toys = {getattr(all_toys, name) for name in all_toys.__all__} - {Honest}
    ours = {one for one in vars(wrong).values() if isinstance(one, type) and issubclass(one, Honest)} - {Honest}

    assert toys | ours <= {case.sync for case in CASES.values()}
