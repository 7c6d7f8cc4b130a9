"""A tenant's TOML file: what it says is read, and a mistake in it is one line: file, table, key, what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fake_core import MisuseError
from fake_core.tenant_file import (
    ANY,
    COUNT,
    FLAG,
    LISTS,
    NUMBER,
    TEXT,
    Table,
    check_texts,
    check_twice,
    naming,
    read_tenant_file,
)

TABLES = {
    "tenant": Table({"name": TEXT, "loud": FLAG}),
    "tokens": Table({"value": TEXT, "calls": COUNT, "may": LISTS}, required=("value",), many=True),
    "limits": Table({"calls": NUMBER}),
    "seed": ANY,
}


def written(tmp_path: Path, text: str | bytes) -> str:
    path = tmp_path / "acme.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """What is left out is not there; the name is the file's, unless it says one."""
    path = written(
        tmp_path,
        """
        tenant = {loud = true}
        [[tokens]]
        value = "a"
        calls = 0
        may.Task = ["read"]
        [[seed.notes]]
        text = "x"
        deep = {a = [1, 2.5, false]}
        """,
    )
    file = read_tenant_file(path, TABLES)

    assert ("acme", {"loud": True}, {}) == (file.name, file.table("tenant"), file.table("limits"))
    assert [{"value": "a", "calls": 0, "may": {"Task": ["read"]}}] == file.rows("tokens")
    assert {"notes": [{"text": "x", "deep": {"a": [1, 2.5, False]}}]} == file.table("seed")
    assert None is read_tenant_file(written(tmp_path, ""), TABLES).rows("tokens")


@pytest.mark.parametrize(
    ("stem", "text", "name"),
    [
        ("acme", "", "acme"),
        ("acme", '[tenant]\nname = "Bolt_2"', "Bolt_2"),
        ("my tenant.v2", "", "my-tenant-v2"),
        ("äöü", "", "tenant"),
    ],
)
def test_a_tenant_has_a_name(tmp_path: Path, stem: str, text: str, name: str) -> None:
    """Its own, or one made of the file's, that can stand in an address."""
    path = tmp_path / f"{stem}.toml"
    path.write_text(text, "utf-8")

    assert name == read_tenant_file(str(path), TABLES).name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tenant", "cannot be read as TOML: Expected ']'"),
        (b"\xff", "cannot be read as TOML: not UTF-8 at byte 0"),
        ("a = " + "[" * 100_000, "cannot be read as TOML: "),
        ("[nonsense]", "no table 'nonsense': a file of this vendor has tenant, tokens, limits, seed"),
        ("tenant = 1", "tenant: write its keys under [tenant]"),
        ("[tokens]", "tokens: write each under [[tokens]]"),
        ("tokens = [1]", "tokens: write each under [[tokens]]"),
        ('[tenant]\nnmae = "x"', "[tenant] no key 'nmae': there are name, loud"),
        ("[tenant]\nname = 3", '[tenant] name: 3 is not a text in quotes, like "this"'),
        ('[tenant]\nname = "a b"', "[tenant] name 'a b': use letters, digits, - and _"),
        ('[tenant]\nname = "-a"', "[tenant] name '-a': use letters, digits, - and _"),
        ("[tenant]\nloud = 1", "[tenant] loud: 1 is not true or false"),
        ("[limits]\ncalls = 0", "[limits] calls: 0 is not a whole number from 1"),
        ("[limits]\ncalls = true", "[limits] calls: True is not a whole number from 1"),
        ("[limits]\ncalls = 1.0", "[limits] calls: 1.0 is not a whole number from 1"),
        (f"[limits]\ncalls = 9{'0' * 200}", "[limits] calls: a number of so many digits is not a whole number"),
        ('[[tokens]]\nvalue = "a"\n[[tokens]]\ncalls = 1', "[[tokens]] 2: value is missing: write value = a text"),
        ('[[tokens]]\nvalue = ""', "[[tokens]] 1: value: '' is not a text in quotes"),
        ('[[tokens]]\nvalue = "a"\nmay = ["read"]', "[[tokens]] 1: may: ['read'] is not lists of texts, like {Task"),
        ("[seed]\nat = 2026-01-05", "[seed] at: 2026-01-05 is a moment of TOML's own: write it as the API shows it"),
        ("[[seed.notes]]\nat = [{b = 09:00:00}]", "[seed] notes[1].at[1].b: 09:00:00 is a moment of TOML's own"),
        ("[seed]\nn = nan", "[seed] n: nan is no number in JSON"),
        ("[seed]\nn = -inf", "[seed] n: -inf is no number in JSON"),
        (f"[seed]\nn = 1{'0' * 19}", "[seed] n: a number of so many digits is too large a number"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    """File, table, key, what to do."""
    path = written(tmp_path, text)
    with pytest.raises(MisuseError) as refused:
        read_tenant_file(path, TABLES)

    assert str(refused.value).startswith(f"{path}: {said}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("path", ["none.toml", ".", "", "a\0b"])
def test_a_path_that_leads_nowhere_is_said(path: str) -> None:
    """Whatever the operating system thinks of it."""
    with pytest.raises(MisuseError, match="no such file|cannot be read"):
        read_tenant_file(path, TABLES)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"nope": "x"}, "no error 'nope': there are gone, bad"),
        ({"gone": 3}, "gone: 3 is not a text in quotes"),
        ({"gone": "{id}"}, "gone: {id} is no plain word of this text: it has none"),
        ({"bad": "{id} {x}"}, "bad: {x} is no plain word of this text: there are id"),
        ({"bad": "{id:>9}"}, "bad: {id!} is no plain word of this text"),
        ({"bad": "{id"}, "bad: '{id': expected '}' before end of string; write a brace twice"),
    ],
)
def test_error_texts_have_the_words_that_there_are(given: dict[str, Any], said: str) -> None:
    """Or the fake would break when it refuses."""
    texts = {"gone": "Gone", "bad": "Bad id {id}"}
    check_texts({"gone": "It is {{gone}}", "bad": "{id}?"}, texts)
    with pytest.raises(MisuseError) as refused:
        check_texts(given, texts)

    assert str(refused.value).startswith(said)


def test_a_value_that_is_there_twice_and_whose_mistake_it_is() -> None:
    """The table and the value; what goes wrong elsewhere is told with the file, if there is one."""
    check_twice("f.toml", "tokens", "value", [{"value": "a"}, {"value": "b"}])
    with pytest.raises(MisuseError, match=r"f.toml: \[\[tokens\]\] value 'a' is there twice: give each its own"):
        check_twice("f.toml", "tokens", "value", [{"value": "a"}, {"value": "a"}])
    for path, said in (("f.toml", r"^f.toml: \[seed\] oh$"), ("", "^oh$")):
        with pytest.raises(MisuseError, match=said), naming(path, "[seed]"):
            raise MisuseError("oh")
