"""An org by the name of its edition, or by a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from fake_core import MisuseError
from fake_salesforce.app import create_app
from fake_salesforce.org_choice import choose_org

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("name", "calls"), [("professional", 15_000), ("Enterprise", 100_000), ("UNLIMITED", 500_000)])
@pytest.mark.rule("A27")
def test_an_edition_gives_its_daily_calls(name: str, calls: int) -> None:
    """Professional 15,000, Enterprise 100,000, Unlimited 500,000 calls a day."""
    fake = create_app(org=name)

    assert calls == fake.limits["api_requests"].limit
    fake.close()


def test_the_example_file_adds_its_fields_and_objects() -> None:
    """fixtures/orgs/planhat.toml is an org."""
    config = choose_org(str(ROOT / "fixtures/orgs/planhat.toml"))

    assert config.extra is not None
    assert "Planhat_Id__c" in config.extra["objects"]["Task"]["fields"]
    create_app(org=config).close()


def test_a_file_may_name_edition_zone_and_users(tmp_path: Path) -> None:
    """`[org]` and `[[org.users]]` are the configuration; the rest is metadata."""
    path = tmp_path / "org.toml"
    text = """
        [org]
        edition = "Unlimited"
        timezone = "Europe/Berlin"
        api_requests_max = 7
        [[org.users]]
        username = "me@x.example"
        password = "p"
        last_name = "Me"
        [org.users.fields]
        Alias = "me"
    """
    path.write_text(text, "utf-8")
    config = choose_org(str(path))

    assert ("Unlimited", "Europe/Berlin", 7, "me@x.example") == (
        config.edition,
        config.timezone,
        config.api_requests_max,
        config.users[0].username,
    )
    fake = create_app(org=config)
    assert "me@x.example" == fake.credentials("http://x")["username"]
    fake.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "neither an edition"),
        ("[org\n", "cannot be read as TOML"),
        ('[org]\nedition = "Gold"', "no edition 'Gold'"),
        ("[org]\nedition = 3", "edition: Not a valid string"),
        ('[org]\ncolour = "red"', "colour: Unknown field"),
        ('[org]\ntimezone = "Mars/Base"', "No time zone 'Mars/Base'"),
        ("[org]\napi_requests_max = -1", "api_requests_max: Must be greater"),
        ('[[org.users]]\nusername = "x"\npassword = "p"', "users.0.username: Not like an email"),
        ("[nonsense]\na = 1", "nonsense"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    """What, where, what to do."""
    path = tmp_path / "org.toml"
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(MisuseError, match=said) as caught:
        create_app(org=str(path)).close()
    assert 1 == len(str(caught.value).splitlines())
