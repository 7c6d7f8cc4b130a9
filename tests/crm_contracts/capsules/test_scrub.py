"""A scrubbed capsule has nobody's words in it, keeps the bug, and says so only after a replay has shown it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_contracts import openapi
from crm_contracts.capsules.capsule import Capsule, Customer, Engine
from crm_contracts.capsules.intake import from_har
from crm_contracts.capsules.intake.phrases import PHRASES, phrase
from crm_contracts.capsules.reading import from_text, read_capsule
from crm_contracts.capsules.scrub import BugGone, Cipher, prove, scrubbed
from crm_contracts.capsules.scrub import knowledge as knowing
from crm_contracts.capsules.scrub.knowledge import Knowledge, knowledge_of
from crm_contracts.capsules.scrub.words import vocabulary
from crm_contracts.capsules.stages import Stages
from crm_contracts.capsules.writing import to_data, to_text, write_capsule
from crm_contracts.cli import understudy
from crm_contracts.world import ops
from crm_contracts.world.ops import SALESFORCE, TASK
from crm_contracts.world.pairs import ops as pair_ops
from crm_contracts.world.profiles import PROFILES, profile
from crm_contracts.world.scenarios.faulty import FAULTY
from fake_core.errors import MisuseError
from fake_salesforce.record_ids import to_18

KEY = b"a key of the tests"
PINNED = to_18("00TUd00000000Ab")
ROOM = Path(knowing.__file__).parent
DATA = Path(__file__).parents[3] / "mocks"
WORD = st.from_regex(r"[a-z]{5,11}", fullmatch=True)


def report(word: str = "Umbrella", other: str = "Zweigelt") -> Capsule:
    """A customer's bug, with the customer's words wherever a person may write."""
    return Capsule(
        title=f"{word}: the Task of {other} is there twice",
        saw=f"{other} ({other}@{word}.com, +49 30 1234567) saw it on https://{word}.com/{other}",
        source=f"{word}.har",
        questions=(f"Did {other} link {PINNED.lower()} himself?",),
        profile="planhat",
        customers={word.lower(): Customer(name=f"{word} & Co"), "globex": Customer(partner=False)},
        people=({"first": other, "last": word, "email": f"{other}@{word}.com", "at": word.lower()},),
        owners=({"first": word, "last": other, "email": f"{word}@{word}.com"},),
        task_fields={f"{word}_Score__c": {"label": word, "type": "picklist(40)", "values": [word, "Cold"]}},
        ops=(
            ops.Create(
                side=TASK,
                act=f"{other.lower()}-call",
                at=word.lower(),
                fields={
                    "mainType": "task", "status": "Blocked", "startTime": "2026-02-03T00:00:00.000Z",
                    "action": f"Call {other} 🚀", "description": f"<p>{word} &amp; <b>{other}</b></p>",
                    "custom": {word: 120_000, "Since": "2025-01-02", "Champion": other, "Phone": 49_301_234_567},
                },
            ),
            ops.InjectFault(fault="lost_response", vendor="salesforce", verb="create", object="Task"),
            ops.Sync(),
            ops.Create(
                side=SALESFORCE,
                act="act-2",
                at=word.lower(),
                record_id=PINNED,
                fields={
                    "Subject": "Call", "Status": "Completed", "Priority": "High", "ActivityDate": "2026-02-03",
                    "Description": f"{word}\r\n{other}", f"{word}_Score__c": word,
                },
            ),
        ),
        breaks="Duplicated",
        engine=Engine("published", "a creation is sent again"),
        expect={f"{other.lower()}-call": {SALESFORCE: {"Subject": f"Call {other} 🚀"}}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


@pytest.fixture(scope="module")
def known(stages: Stages) -> Knowledge:
    return knowledge_of(report(), stages)


FRAME = to_text(report("Qqqqqqqq", "Wwwwwwww")).lower()


@settings(max_examples=25)
@given(WORD, WORD)
def test_nothing_that_a_person_wrote_is_left(known: Knowledge, word: str, other: str) -> None:
    """Wherever a word of the customer stood (names, keys, handles, values, questions), it is nowhere any more."""
    word, other = word.title(), other.title()
    if word.lower() == other.lower() or any(
        one.lower() in FRAME or one.lower() in vocabulary() for one in (word, other)
    ):
        return
    fields = {**known.salesforce, f"{word}_Score__c": known.salesforce["Umbrella_Score__c"]}
    made = to_text(scrubbed(report(word, other), replace(known, salesforce=fields), Cipher(KEY)).capsule).lower()

    assert (False, False) == (word.lower() in made, other.lower() in made)
    for left in ("1234567", "301234567", PINNED[3:15].lower()):
        assert left not in made


def test_what_matters_is_kept(known: Knowledge) -> None:
    """Structure, choices, dates, numbers, the vendors' own names, equal words: all as they were."""
    before = report()
    after = scrubbed(before, known, Cipher(KEY)).capsule
    word = next(iter(after.customers))
    create, fault, sync, second = after.ops
    first, last = before.ops[0], before.ops[3]
    assert isinstance(first, ops.Create)
    assert isinstance(last, ops.Create)
    assert isinstance(create, ops.Create)
    assert isinstance(second, ops.Create)

    assert (before.ops[1], before.ops[2]) == (fault, sync)
    assert {name: first.fields[name] for name in ("mainType", "status", "startTime")}.items() <= create.fields.items()
    assert [120_000, "2025-01-02"] == list(create.fields["custom"].values())[:2]
    assert word.title() == next(iter(create.fields["custom"]))
    assert 11 == len(str(create.fields["custom"][next(reversed(create.fields["custom"]))]))
    kept = ("Subject", "Status", "Priority", "ActivityDate")
    assert {name: last.fields[name] for name in kept}.items() <= second.fields.items()
    (own,) = after.task_fields
    assert (word.title(), "__c") == (own.partition("_")[0], own[-3:])
    assert (word.title(), word.title()) == (second.fields[own], after.task_fields[own]["label"])
    assert [word, word, "act-2"] == [create.at, second.at, second.act]
    assert create.act == next(iter(after.expect))
    assert create.fields["action"] == after.expect[create.act][SALESFORCE]["Subject"]
    assert PINNED[:3] == second.record_id[:3]
    assert to_18(second.record_id[:15]) == second.record_id
    assert second.record_id.lower() in after.questions[0]
    assert "the Task of" in after.title
    assert {"globex"} == set(after.customers) - {word}


def test_what_is_nobodys_is_left_as_it_is(stages: Stages) -> None:
    """A capsule in which no person wrote anything comes out as it went in, however often."""
    nobodys = Capsule(
        title="The Task is there twice",
        profile="totango",
        settings={"task.direction": "in"},
        ops=(
            pair_ops.Create(
                side=SALESFORCE,
                act="act-1",
                section="task",
                fields={"Subject": "Call", "OwnerId": "quinn", "WhoId": "ann"},
            ),
            pair_ops.Sync(),
        ),
    )
    made = scrubbed(nobodys, knowledge_of(nobodys, stages), Cipher(KEY))

    assert (nobodys, {}) == (made.capsule, made.counts)


def test_settings_keep_their_words(stages: Stages) -> None:
    """A filter stays a filter: only what stands in quotes is somebody's; a template keeps its places."""
    base = Capsule(
        title="t",
        profile="totango",
        settings={"task.in_filter": "Subject LIKE 'Umbrella%' AND Status = 'Completed' AND ActivityDate > 2026-01-01"},
        ops=(),
    )
    found = scrubbed(base, knowledge_of(base, stages), Cipher(KEY)).capsule.settings["task.in_filter"]
    text = Capsule(title="t", profile="marketo", settings={"template": "Umbrella: {{activity_subject}}"}, ops=())
    template = scrubbed(text, knowledge_of(text, stages), Cipher(KEY)).capsule.settings["template"]

    assert (found.startswith("Subject LIKE '"), "Umbrella" in found) == (True, False)
    assert found.endswith("%' AND Status = 'Completed' AND ActivityDate > 2026-01-01")
    assert (template.endswith(": {{activity_subject}}"), "Umbrella" in template) == (True, False)


def test_the_bug_is_still_there(stages: Stages) -> None:
    """What comes of the scrubbed capsule is what came of the original, on the engine that it names."""
    proven = prove(report(), stages, KEY)

    assert (
        "the bug is still there, on the engine with the fault 'a creation is sent again': I3 Duplicated" == proven.said
    )
    assert proven.whole
    assert proven.scrubbed.capsule == from_text(to_text(proven.scrubbed.capsule), name="x")


def test_a_bug_that_hangs_on_the_very_words_is_not_written(stages: Stages) -> None:
    """This published sync writes one text whatever was there: under other words it is another bug, and that is said."""
    name = "line ends are rewritten"
    faulty = FAULTY[name]
    capsule = Capsule(title=name, profile="planhat", ops=tuple(faulty.history), engine=Engine("published", name))
    with pytest.raises(BugGone, match="I16 LensBroken before, I4 Invented after"):
        prove(capsule, stages, KEY)


def test_the_weaker_cipher_serves_where_texts_are_cut(stages: Stages) -> None:
    """What is expected is the beginning of what was written: the stand-ins have to begin alike."""
    text = "Umbrellacorporation" * 20
    capsule = Capsule(
        title="The cut text",
        profile="planhat",
        ops=(ops.Create(side=TASK, act="act-1", fields={"action": text, "mainType": "task"}), ops.Sync()),
        expect={"act-1": {SALESFORCE: {"Subject": text[:255]}}},
    )
    proven = prove(capsule, stages, KEY)

    assert (False, True) == (proven.whole, proven.said.startswith("no bug shows on our sync"))
    assert proven.scrubbed.capsule.ops[0].to_dict()["fields"]["action"] != text


@pytest.mark.parametrize("name", PROFILES)
def test_a_history_without_a_bug_plays_the_same(stages: Stages, name: str) -> None:
    """Where no bug shows, the proof is that every deed, request and answer is of the same kind as before."""
    capsule = Capsule(title="t", profile=name, ops=tuple(profile(name).history(3, 12, 0)), log="0" * 64)
    proven = prove(capsule, stages, KEY)

    assert proven.said.startswith("no bug shows on our sync, before and after; the same deeds")
    assert capsule.ops != proven.scrubbed.capsule.ops
    assert {"0" * 64, ""}.isdisjoint({proven.scrubbed.capsule.log})


def test_an_engine_that_shows_nothing_proves_nothing(stages: Stages) -> None:
    """--faulty with an engine in which the bug does not show is refused."""
    capsule = replace(report(), ops=(), expect={})
    with pytest.raises(MisuseError, match="it shows no bug on the engine that it names"):
        prove(capsule, stages, KEY, at_fault=True)


def test_a_credential_is_blanked_and_told(known: Knowledge) -> None:
    """Whoever wrote a password into a Task: it is not in the file any more, and the place is named."""
    text = "log in with password: hunter2secret"
    capsule = Capsule(
        title="t", profile="planhat", ops=(ops.Create(side=TASK, act="act-1", fields={"description": text}),)
    )
    made = scrubbed(capsule, known, Cipher(KEY))

    assert ("ops 1, fields, description",) == made.blanked
    assert "hunter" not in to_text(made.capsule)


def test_the_tables_of_the_partners_are_those_of_the_fakes() -> None:
    """Each choice that the fakes know is one here; every date, number and switch of theirs stays."""
    ours = tomllib.loads((ROOM / "fields.toml").read_text("utf-8"))
    marketo = tomllib.loads((DATA / "fake_marketo/data/fields.toml").read_text("utf-8"))["reminder"]
    assert {name: one["values"] for name, one in marketo.items() if one["kind"] == "choice"} == ours["marketo"][
        "choice"
    ]
    kept = {name for name, one in marketo.items() if one["kind"] in ("day", "moment", "flag", "number")}
    assert set() == kept - set(ours["marketo"]["kept"])
    planhat = [
        tomllib.loads((DATA / f"fake_planhat/data/models/{name}.toml").read_text("utf-8"))
        for name in (TASK, "conversation")
    ]
    rows = [row for model in planhat for row in model["properties"] if not row.get("auto")]
    dated = {row["name"] for row in rows if row["type"] in ("date", "boolean", "number", "integer")}
    assert set() == dated - set(ours["planhat"]["kept"])
    assert set() == {row["name"] for row in rows} - set(ours["planhat"]["kept"]) - set(ours["planhat"]["text"]) - set(
        ours["planhat"]["choice"]
    ) - {"_id"}
    totango = yaml.safe_load((Path(openapi.__file__).parent / "totango.yaml").read_text("utf-8"))["components"][
        "schemas"
    ]
    for name, schema in {"priority": "PriorityIn", "status": "StatusIn"}.items():
        assert {str(one) for one in totango[schema]["enum"] if one} == set(ours["totango"]["choice"][name])


def run(*words: str) -> Result:
    return CliRunner().invoke(understudy, ["capsule", "scrub", *words])


def test_the_command_writes_what_it_proved_and_nothing_else(tmp_path: Path) -> None:
    """What was replaced is told by kind and number; a file is there only where the replay showed the bug."""
    file, out = tmp_path / "bug.capsule.yaml", tmp_path / "mail.capsule.yaml"
    write_capsule(report(), file)
    done = run(str(file), "-o", str(out), "--key", "k", "--title", "The Task is there twice")

    assert (0, "The Task is there twice") == (done.exit_code, read_capsule(out).title)
    assert "the bug is still there, on the engine with the fault" in done.output
    assert "(2 different)" in done.output
    name = "line ends are rewritten"
    gone = Capsule(title=name, profile="planhat", ops=tuple(FAULTY[name].history), engine=Engine("published", name))
    write_capsule(gone, file)
    failed = run(str(file))
    assert (1, True) == (failed.exit_code, "nothing is written" in failed.output)
    assert {"bug.capsule.yaml", "mail.capsule.yaml"} == {one.name for one in tmp_path.iterdir()}


def test_a_word_that_stays_does_not_stay_in_an_address(known: Knowledge) -> None:
    """ "Account" is nobody's word in a sentence, but part of a name in an e-mail, a link or a domain."""
    saw = "The account of account@account.com on https://account.org/account and www.account.net is twice there"
    made = scrubbed(Capsule(title="t", saw=saw, profile="planhat", ops=()), known, Cipher(KEY)).capsule.saw

    assert (1, "The account of ") == (made.count("account"), made[:15])
    assert made.endswith(" is twice there")


def test_lists_and_records_inside_keep_their_shape(known: Knowledge) -> None:
    """The keys of a vendor's own lists stay, their values do not; those of custom fields are the customer's."""
    inside = {
        "endusers": [{"name": "Umbrella", "id": 5}],
        "activityTags": ["Umbrella"],
        "custom": {"Umbrella": ["Weyland"]},
    }
    capsule = Capsule(title="t", profile="planhat", ops=(ops.Create(side=TASK, act="act-1", fields=inside),))
    (made,) = scrubbed(capsule, known, Cipher(KEY)).capsule.ops
    assert isinstance(made, ops.Create)
    word = made.fields["activityTags"][0]

    assert [{"name": word, "id": 5}] == made.fields["endusers"]
    assert ([word], word) == (list(made.fields["custom"]), word.title())
    assert not {"Umbrella", "Weyland"} & {word, *made.fields["custom"][word]}


def test_the_key_decides(known: Knowledge) -> None:
    """One key, one result; another key another one."""
    one, same, other = (to_data(scrubbed(report(), known, Cipher(key)).capsule) for key in (b"1", b"1", b"2"))

    assert one == same
    assert one["customers"] != other["customers"]


ASKED = (
    "act-1 has 2 Planhat Tasks, 1 made by the sync: entry 7 and entry 16. The capsule expects one; is that the bug?",
    "entry 9 and 12 more like it: the body of the answer cannot be read: broken base64. What did it say?",
    "A recording with whole, decoded bodies would tell.",
    "entry 9: the body of the request cannot be read: compressed with zstd, which is not unpacked here.",
    "entry 9: the sync's request (create Task) was refused: 400 REQUIRED_FIELD_MISSING. Would it be again?",
    "entry 9: an answer 502 to the sync's request (create Task). Was it carried out?",
    "entry 9: the body of the answer cannot be read: more than 64 MB once unpacked. What did it say?",
    "The clock of Planhat is -37 s ahead of the other's. Then put {op: skew, vendor: planhat, seconds: -37} first.",
    "There were 31 further questions like these: record a shorter time, or only what the bug needs.",
    "3 texts held what looks like a secret and were blacked out. Does the bug need their form?",
)


def test_what_the_intake_asks_is_read_as_before(stages: Stages) -> None:
    """Handles, places, moments and counts stay in its questions; names and a day in a person's words do not."""
    made = from_har([DATA.parent / "fixtures" / "har" / "sync-alone.har"]).capsule
    made = replace(made, questions=(*made.questions, *ASKED))
    told = "act-3 is there twice, entry 9; Ann (born 1984-02-03) saw it."
    clean = scrubbed(replace(made, saw=told), knowledge_of(made, stages), Cipher(KEY)).capsule

    assert made.questions == clean.questions
    assert made.title == clean.title
    assert clean.saw.startswith("act-3 is there twice, entry 9; ")
    assert "1984" not in clean.saw
    assert "Ann" not in clean.saw
    titled = scrubbed(replace(made, title="It was refused: 403 WAYNE"), knowledge_of(made, stages), Cipher(KEY))
    assert "WAYNE" not in titled.capsule.title


IN_SLOTS = {
    "count": 21,
    "part": 1,
    "records": "Totango campaign touchs",
    "status": 502,
    "code": "UNABLE_TO_LOCK_ROW",
    "seconds": -37,
    "vendor": "planhat",
}


@pytest.mark.parametrize("name", PHRASES)
def test_each_phrase_of_the_intake_stays(name: str, known: Knowledge) -> None:
    """Whatever its words are: the intake says it, and the scrub finds it, by one table."""
    said = f"Umbrella: {phrase(name, **IN_SLOTS)}."
    clean = scrubbed(replace(report(), questions=(said,)), known, Cipher(KEY)).capsule.questions[0]

    assert clean.endswith(f": {phrase(name, **IN_SLOTS)}.")
    assert not clean.startswith("Umbrella")
