"""Exports of both sides as a capsule: every make of CSV, links, and what is wrong in them already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm_contracts.capsules import read_capsule, replay
from crm_contracts.capsules.cli import capsule as command
from crm_contracts.capsules.intake.exports import from_csv, suffix
from crm_contracts.capsules.stages import Stages
from fake_core.errors import MisuseError

EXPORTS = Path(__file__).parents[4] / "fixtures" / "exports"
SALESFORCE = 'Id,Subject,AccountId,Account Name\n00T5g00000AbCdEEAV,"Call, later",0015g00000XyZaBAAV,Northwind\n'
PLANHAT = (
    '_id,action,companyId,companyName,companySourceId,sourceId\np1,"Call, later",c1,Northwind,0015g00000XyZaBAAV,{}\n'
)


@pytest.fixture(scope="module")
def stages() -> Iterator[Stages]:
    with Stages() as made:
        yield made


def written(folder: Path, name: str, text: str | bytes, charset: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(charset))
    return path


def test_the_examples_become_a_capsule_that_replays(stages: Stages, tmp_path: Path) -> None:
    """Links of 15 characters, values that differ, a link that a spreadsheet changed, a link to nothing."""
    out = tmp_path / "x.capsule.yaml"
    files = ["--salesforce", str(EXPORTS / "salesforce-tasks.csv"), "--partner", str(EXPORTS / "planhat-tasks.csv")]
    done = CliRunner().invoke(command, ["from-csv", *files, "-o", str(out)])
    assert 0 == done.exit_code, done.output
    made = read_capsule(out)

    assert [15, 15] == [op.to_dict()["link"] for op in made.start if op.to_dict().get("link")]
    for word in ("differ in Subject / action", "in other letters", "does not show"):
        assert 1 == len([one for one in made.questions if word in one]), word
    assert replay(made, stages).violation is None


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_make_of_csv_is_read(charset: str, delimiter: str, tmp_path: Path) -> None:
    """Encodings and delimiters of Excel, Data Loader and others."""
    table = SALESFORCE.replace(", later", "; later") if delimiter == ";" else SALESFORCE
    rows = (
        table.replace(",", delimiter)
        if delimiter == "\t"
        else table.replace(",", delimiter).replace("; later", ", later")
    )
    salesforce = written(tmp_path, "s.csv", rows, charset)
    partner = written(tmp_path, "p.csv", PLANHAT.format("00T5g00000AbCdEEAV"))
    made = from_csv(salesforce, [partner]).capsule

    assert [0, 18] == [op.to_dict().get("link", 0) for op in made.start]
    assert ["northwind"] == list(made.customers)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("Id\n", "heading of one column"),
        ("Subject,Status\nx,y\n", "no column Id"),
        ("Id,Subject\n1.2E+17,Call\n", "row 2: Id 1.2E+17: a spreadsheet"),
        ("Id,Subject\n00T5g00000AbCdEEAV,ok\nnonsense,Call\n", "row 3: Id 'nonsense' is no Salesforce id"),
        ("Id,Subject\n00T5g00000AbCdEEAV,a,b\n", "row 2: 3 cells"),
        (b"Id,Subject\n00T5g00000AbCdEEAV,Gr\xf6\xdfe\n", "row 2: no UTF-8"),
        (b"PK\x03\x04\x00\x00,x\n", "no text"),
    ],
)
def test_what_cannot_be_read_is_told_with_file_and_row(text: str | bytes, said: str, tmp_path: Path) -> None:
    """One line: file, row, what is wrong."""
    path = written(tmp_path, "s.csv", text)
    partner = written(tmp_path, "p.csv", PLANHAT.format(""))

    with pytest.raises(MisuseError) as caught:
        from_csv(path, [partner])
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)


def test_two_records_with_one_link_are_asked_about(tmp_path: Path) -> None:
    """The second one has no link in the capsule, and the question names both."""
    partner = PLANHAT.format("00T5g00000AbCdEEAV") + "p2,Other,c1,Northwind,0015g00000XyZaBAAV,00T5g00000AbCdE\n"
    made = from_csv(written(tmp_path, "s.csv", SALESFORCE), [written(tmp_path, "p.csv", partner)]).capsule

    assert any("a second Planhat Task for one activity" in one for one in made.questions)
    assert ["act-1", "act-1", "act-2"] == [op.to_dict()["act"] for op in made.start]


def test_ids_that_a_spreadsheet_changed_are_asked_about(tmp_path: Path) -> None:
    """The last three characters of 18 tell which letters are capitals."""
    changed = SALESFORCE.replace("00T5g00000AbCdEEAV", "00t5g00000abcdeeav")
    made = from_csv(
        written(tmp_path, "s.csv", changed), [written(tmp_path, "p.csv", PLANHAT.format("00T5g00000AbCdEEAV"))]
    ).capsule

    assert "EAV" == suffix("00T5g00000AbCdE")
    assert any("s.csv, row 2: the letters of Id" in one for one in made.questions)


def test_a_row_without_its_last_cells_is_a_record(tmp_path: Path) -> None:
    """Many exporters leave empty cells at a row's end out; only below the table is such a line none."""
    table = "Id,Subject,Status,Priority,AccountId\n00T5g00000AbCdEEAV,Call\n"
    rows = f"{table}00T5g00000AbCdFEAV,Mail,,,0015g00000XyZaBAAV\nTotal,2\n"
    made = from_csv(written(tmp_path, "s.csv", rows), [written(tmp_path, "p.csv", PLANHAT.format(""))])

    assert ["Call", "Mail"] == [op.to_dict()["fields"].get("Subject") for op in made.capsule.start][:2]
    assert {"rows below the table": 1} == dict(made.tally.ignored)


def test_a_salesforce_export_in_the_partners_place_is_told(tmp_path: Path) -> None:
    """Its columns could be a Conversation's; its ids are not."""
    table = written(tmp_path, "s.csv", SALESFORCE)
    with pytest.raises(MisuseError, match=r"s\.csv, row 2: _id 00T5g00000AbCdEEAV is the id of a Salesforce Task: "):
        from_csv(table, [table])


def test_a_column_that_stands_there_twice_is_asked_about(tmp_path: Path) -> None:
    """The first is read."""
    twice = SALESFORCE.replace("Account Name", "Account Name,Subject").replace("Northwind", "Northwind,Other")
    made = from_csv(written(tmp_path, "s.csv", twice), [written(tmp_path, "p.csv", PLANHAT.format(""))]).capsule

    assert any("Subject stands there twice" in one for one in made.questions)
    assert "Call, later" == made.start[0].to_dict()["fields"]["Subject"]


def test_a_company_is_the_customer_of_what_its_other_records_are_linked_with(tmp_path: Path) -> None:
    """An export without the companies' source ids: the linked record tells the account, and the second one is kept."""
    ids = "695b7d90009e37d89e000001", "695b7d90009e37d89e000002"
    partner = "_id,action,companyId,sourceId\n" + "".join(f'{one},"Call, later",c1,{{}}\n' for one in ids)
    made = from_csv(
        written(tmp_path, "s.csv", SALESFORCE),
        [written(tmp_path, "p.csv", partner.format("00T5g00000AbCdEEAV", "00T5g00000AbCdE"))],
    )

    assert ["act-1", "act-1", "act-2"] == [op.to_dict()["act"] for op in made.capsule.start]
    assert not [one for one in made.capsule.questions if "is left out" in one]
