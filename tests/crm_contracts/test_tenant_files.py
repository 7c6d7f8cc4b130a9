"""The tenant files of each partner: a file that is right is a tenant, a mistake in it is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_contracts.vendors import create_fake, create_tenants, read_tenants
from fake_core import Fake, MisuseError
from fake_totango.store import ACCOUNTS

ORGS = Path(__file__).parents[2] / "fixtures/orgs"
FILES = {"planhat": "planhat-tenant.toml", "totango": "totango.toml", "marketo": "marketo.toml"}

# vendor, what of the fixture is replaced, by what, and what is said of it after the path
MISTAKES = [
    ("planhat", "[settings]", "[setings]", "no table 'setings'"),
    ("planhat", 'value = "planhat-tasks-token"', 'value = "planhat-sync-token"', "[[tokens]] value 'planhat-sync-"),
    ("planhat", 'Company = ["read"]', 'Cmpany = ["read"]', "[[tokens]] 2: permissions.Cmpany: there is no such model"),
    ("planhat", 'Company = ["read"]', 'Company = ["raed"]', "[[tokens]] 2: permissions.Company: no operation 'raed'"),
    ("planhat", "inherit_source_id", "inherit_sourceid", "[settings] no setting 'inherit_sourceid'"),
    ("planhat", '["workshop"]', "[3]", "[settings] the setting conversation_types cannot be [3]"),
    ("planhat", "[settings]", "[switches]\nnote_on_dune = true\n[settings]", "[switches] no switch 'note_on_dune'"),
    ("planhat", "[settings]", "[switches]\nnote_on_done = 1\n[settings]", "[switches] the switch note_on_done cannot"),
    ("planhat", "[settings]", '[error_texts]\ngone = "x"\n[settings]', "[error_texts] no error 'gone'"),
    ("planhat", "[settings]", "[limits]\nhard_calls_per_second = 0\n[settings]", "[limits] hard_calls_per_second: 0"),
    ("planhat", "[[seed.users]]", "[[seed.usres]]", "[seed] seed data has no part 'usres'"),
    ("planhat", '"5b0000000000000000000003"', '"5b3"', "[seed] _id '5b3' of tasks: 24 lower-case hexadecimal digits"),
    ("totango", 'region = "US"', 'region = "UK"', "[tenant] region: no region 'UK': choose of US, EU"),
    ("totango", 'value = "al-token"', 'value = "jo-token"', "[[tokens]] value 'jo-token' is there twice"),
    ("totango", 'uuid = "568cb93b-0000-11ed-928a-0a46d54e7230"', "", "[[team]] 2: uuid is missing"),
    (
        "totango",
        "[[team]]",
        "[switches]\ncontent_limit = 1\n[[team]]",
        "[switches] the switch content_limit cannot be 1",
    ),
    ("totango", "[[team]]", "[settings]\nteams = []\n[[team]]", "[settings] no setting 'teams'"),
    ("totango", "[[team]]", "[limits]\ncalls = 1\n[[team]]", "[limits] no key 'calls': there are calls_per_minute"),
    ("totango", 'account_id = "bolt"', 'account_id = "bolted"', "[seed] tasks: no account 'bolted'"),
    ("totango", 'direction = "inbound"', 'direction = "sideways"', "[seed] jobs: "),
    ("marketo", "id = 2\n", "id = 1\n", "[[users]] id 1 is there twice"),
    ("marketo", 'token = "kai-token"', 'token = "lena-token"', "[[users]] token 'lena-token' is there twice"),
    ("marketo", "sf_connected = true", "sf_connected = 1", "[[users]] 1: sf_connected: 1 is not true or false"),
    ("marketo", "Europe/Berlin", "Europe/Bärlin", "[[users]] users[0]: "),
    ("marketo", 'name = "Kai Palani"', "", "[[users]] 2: name is missing"),
    ("marketo", 'status = "complete"', 'status = "done"', "[seed] reminders[5]: "),
    ("marketo", "[[seed.campaign_steps]]", "[[seed.steps]]", "[seed] seed data has no part 'steps'"),
]


@pytest.mark.parametrize("vendor", FILES)
def test_the_fixture_is_a_tenant(vendor: str) -> None:
    """By its path alone, with the credentials that it says."""
    path = str(ORGS / FILES[vendor])
    ((name, config),) = read_tenants(vendor, [path]).items()
    fake = create_fake(vendor, org=path)
    token = fake.credentials("https://x")["token"]
    fake.close()

    assert token in {"planhat-sync-token", "jo-token", "lena-token"}
    assert (path, name) == (config.file, config.name)


@pytest.mark.parametrize(("vendor", "old", "new", "said"), MISTAKES)
def test_a_mistake_is_one_line(tmp_path: Path, vendor: str, old: str, new: str, said: str) -> None:
    """File, table, key, what to do."""
    text = (ORGS / FILES[vendor]).read_text("utf-8")
    assert old in text
    path = tmp_path / "tenant.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(MisuseError) as refused:
        create_fake(vendor, org=str(path))

    assert str(refused.value).startswith(f"{path}: {said}")
    assert "\n" not in str(refused.value)


def test_two_files_are_two_tenants_with_names_and_credentials_of_their_own(tmp_path: Path) -> None:
    """The same name or the same token twice is said before anything is served."""
    texts = {"acme": "[tenant]\n", "bolt": '[tenant]\ntenant_id = "b"\n', "other": '[tenant]\nname = "acme"\n'}
    texts["bolt"] += '[[tokens]]\nvalue = "bolt-token"\n'
    for stem, text in texts.items():
        (tmp_path / f"{stem}.toml").write_text(text, "utf-8")
    acme, bolt, other = (str(tmp_path / f"{stem}.toml") for stem in texts)

    tenants = create_tenants("planhat", read_tenants("planhat", [acme, bolt]))
    assert ["acme", "bolt"] == list(tenants)
    tenants.close()
    with pytest.raises(MisuseError, match=r"acme.toml and .*other.toml: both are named 'acme': write another"):
        read_tenants("planhat", [acme, other])
    (tmp_path / "bolt.toml").write_text('[tenant]\ntenant_id = "b"\n', "utf-8")
    with pytest.raises(MisuseError, match="acme and bolt both have the token 'understudy-planhat-token'"):
        create_tenants("planhat", read_tenants("planhat", [acme, bolt]))


def test_the_seed_of_a_file_is_what_a_reset_returns_to(tmp_path: Path) -> None:
    """And a store that is opened again is not seeded again: what was changed stays changed."""
    path, data = str(ORGS / FILES["totango"]), f"sqlite:///{tmp_path / 'kept.sqlite'}"
    fake = create_fake("totango", org=path, data=data)
    assert fake.seed is not None
    fake.seed({"accounts": [{"id": "bolt", "name": "Bolted"}, {"id": "third"}]})
    fake.close()
    again = create_fake("totango", org=path, data=data)
    memory = create_fake("totango", org=path)
    begun = accounts(memory)
    assert memory.seed is not None
    memory.seed({"accounts": [{"id": "third"}]})
    changed = accounts(memory)
    memory.reset()

    assert {"acme_1": "Acme", "bolt": "Bolted", "third": "third"} == accounts(again)
    assert {"acme_1": "Acme", "bolt": "Bolt"} == begun == accounts(memory) != changed
    again.close()
    memory.close()


def accounts(fake: Fake) -> dict[str, str]:
    with fake.store.read() as connection:
        return {row["id"]: row["name"] for row in ACCOUNTS.all(connection)}
