"""Stand-ins keep what software looks at, for any text, and nothing of what people wrote."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_contracts.capsules.scrub.cipher import Cipher, Unit, units
from crm_contracts.capsules.scrub.entities import ENTITY, character_of
from crm_contracts.capsules.scrub.texts import Texts
from fake_salesforce.record_ids import to_18

KEY = b"a key of the tests"
ANY = st.text(st.characters(), max_size=60)
LATIN = st.text("abcdefzäöüéèçñåABCÄÖÉÑ -.'", max_size=40)
WORD = st.from_regex(r"[A-Za-z]{4,12}", fullmatch=True)
PIECES = ["<p>", "</p>", "<br/>", '<a href="', '">', "</a>", "&amp;", "&nbsp;", "&ouml;", "&#246;", "&#xF6;", " ", "<"]
HTML = st.lists(st.sampled_from(PIECES) | WORD, max_size=12).map("".join)
SERIAL = st.text("0123456789ABCDXYZabcdxyz", min_size=12, max_size=12).filter(lambda one: re.search("[0-9]", one))


def scrub(text: str, *, whole: bool = True, key: bytes = KEY) -> str:
    return Texts(Cipher(key, whole=whole), prefixes=["00T", "001"]).text(text)


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass"))


@given(ANY, st.booleans())
def test_every_character_keeps_its_kind(text: str, whole: bool) -> None:
    """Length in characters, UTF-16 units and bytes, category, direction, marks, line ends: all as they were."""
    made = scrub(text, whole=whole)

    assert (len(text), utf16(text)) == (len(made), utf16(made))
    assert len(text.encode("utf-8", "surrogatepass")) == len(made.encode("utf-8", "surrogatepass"))
    if "[removed]" not in made and not re.search(ENTITY, text):
        for before, after in zip(text, made, strict=True):
            assert unicodedata.category(before) == unicodedata.category(after)
            assert unicodedata.bidirectional(before) == unicodedata.bidirectional(after)
            if not before.isalnum():
                assert before == after


@given(ANY, ANY)
def test_what_differs_goes_on_differing(one: str, other: str) -> None:
    """The same text gets the same stand-in, another one another: nothing is merged and nothing parted."""
    assert (one == other) == (scrub(one) == scrub(other))
    assert scrub(one) == scrub(one)


@given(LATIN)
def test_case_and_composition_are_outside_of_the_cipher(text: str) -> None:
    """A re-cased text has the re-cased stand-in, a decomposed one the decomposed."""
    assert scrub(text).upper() == scrub(text.upper())
    assert scrub(text).lower() == scrub(text.lower())
    assert unicodedata.normalize("NFD", scrub(text)) == scrub(unicodedata.normalize("NFD", text))


@given(st.lists(WORD, min_size=1, max_size=6))
def test_no_word_survives(words: list[str]) -> None:
    """Nothing that is longer than three letters can be read any more, nor in another place."""
    made = scrub(" ".join(words)).lower()

    assert [] == [one for one in words if one.lower() in made]


@given(HTML)
def test_markup_keeps_its_shape(text: str) -> None:
    """Tags, attribute names, and how many characters an entity has, stay; the words between do not."""
    made = scrub(text)
    shape = re.compile(r"</?(?:p|br|a)\b|\bhref=|/?>")

    assert shape.findall(text) == shape.findall(made)
    assert [len(one) for one in re.findall(ENTITY, text)] == [len(one) for one in re.findall(ENTITY, made)]
    for before, after in zip(re.findall(ENTITY, text), re.findall(ENTITY, made), strict=True):
        assert character_of(before).isalpha() == character_of(after).isalpha()
        assert before == after or character_of(before).isalpha()


def test_a_letter_written_as_an_entity_is_that_letter() -> None:
    """The HTML of one side and the plain text of the other go on meaning the same."""
    one, two, three, four = scrub("Söhne S&ouml;hne S&#246;hne S&#xF6;hne").split(" ")

    assert {one} == {re.sub(ENTITY, lambda found: character_of(found[0]), each) for each in (two, three, four)}
    assert "Söhne" != one


@given(SERIAL, st.sampled_from(["00T", "001", "00t"]))
def test_ids_go_on_belonging_together(serial: str, prefix: str) -> None:
    """15 and 18 characters, as they are and re-cased: one stand-in, with key prefix and checksum."""
    id15 = prefix + serial
    id18 = to_18(id15)
    made = scrub(id15)

    assert prefix == made[:3]
    assert to_18(made) == scrub(id18)
    assert scrub(id18).lower() == scrub(id18.lower())
    assert scrub(id18).upper() == scrub(id18.upper())
    assert (id15.swapcase() == id15) == (scrub(id15.swapcase()) == made)


def test_ids_of_other_vendors_keep_their_form() -> None:
    """24 hexadecimal digits stay such, a UUID too; an unknown prefix is no prefix."""
    made = scrub("695b7d90009e37d89e000003 0b9bd2a2-94a5-4a8c-9b1a-6f5f0c7d1e2f aX9000000000001AAA")

    assert re.fullmatch(r"[0-9a-f]{24} [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} \w{18}", made)
    assert not made.endswith("aX9")
    assert "695b" != made[:4]


def test_parts_that_are_equal_stay_equal() -> None:
    """The domain of an e-mail, of a link and the name of the company: one word, one stand-in."""
    mail, link, name = scrub("joerg@umbrella.com https://www.umbrella.com/umbrella Umbrella").split()

    domain = mail.partition("@")[2]
    assert re.fullmatch(rf"https://\w+\.{re.escape(domain)}/{domain.partition('.')[0]}", link)
    assert domain.partition(".")[0] == name.lower()
    assert not {"joerg", "umbrella", "com", "www"} & set(re.findall("[a-z]+", f"{mail} {link} {name}".lower()))


@given(LATIN, st.integers(0, 40))
def test_what_is_cut_off_stays_the_beginning(text: str, place: int) -> None:
    """Without the whole-word cipher the beginning of a text has the beginning of the stand-in; with it, it has not."""
    assert scrub(text, whole=False)[:place] == scrub(text[:place], whole=False)
    assert scrub("Umbrella Corporation")[:12] != scrub("Umbrella Cor")


def test_another_key_gives_other_stand_ins() -> None:
    """Nobody can try names without the key."""
    assert 3 == len({scrub("Umbrella", key=key) for key in (b"one", b"two", b"three")})


@pytest.mark.parametrize(
    "secret",
    [
        "password: hunter2secret",
        "Bearer abcdef.ghijkl-123",
        "00D5g000004HPXX!AQEAQEAxkZ2W8vPpTOKENtoken0123456789",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        "https://jo:secretword@example.com/",
        "access_token=abcdefghijkl",
    ],
)
def test_credentials_are_blanked_and_told(secret: str) -> None:
    """A token or a password is no text to be replaced: it is gone, and a line says where it was."""
    texts = Texts(Cipher(KEY))
    made = texts.text(f"log in with {secret} please", where="ops 3, fields, Description")

    assert ["ops 3, fields, Description"] == texts.blanked
    assert "[removed]" in made


def test_replaced_things_are_counted_by_kind() -> None:
    """An id, an e-mail, a domain, a phone number and a word are not the same thing."""
    texts = Texts(Cipher(KEY))
    texts.text("joerg@umbrella.com, www.umbrella.com, +49 (30) 123-4567, 00T5g00000AbCdE, Umbrella and Umbrella")

    expected = {"e-mail": 1, "domain": 1, "phone number": 1, "id": 1, "word": 3}
    assert expected == {kind: sum(found.values()) for kind, found in texts.counts.items()}
    assert 2 == texts.counts["word"]["umbrella"]


def test_a_file_that_is_named_keeps_its_ending() -> None:
    """The source of a capsule goes on saying what it was made of; whose it is, it does not."""
    texts = Texts(Cipher(KEY))
    made = texts.text("HAR file umbrella-renewal.har, exports acme.de.csv", stays={"har", "file", "exports"})

    assert re.fullmatch(r"HAR file (\w{8})-(\w{7})\.har, exports (\w{4})\.(\w{2})\.csv", made)
    assert not {"umbrella", "renewal", "acme"} & set(re.findall(r"\w+", made))
    assert 2 == sum(texts.counts["file name"].values())


@given(st.characters(categories=["L", "Nd"]))
def test_a_letter_may_become_itself_only_among_its_like(letter: str) -> None:
    """The letters that one may become have it among them, so that the cipher is a permutation."""
    (unit,) = units(letter)

    assert not isinstance(unit, Unit) or unit.base in unit.like
    assert letter == (unit.shown(unit.base) if isinstance(unit, Unit) else unit)
