"""Record ids: the checksum, both lengths, restored case, and minting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_salesforce import record_ids
from fake_salesforce.record_ids import canonical, checksum, mint, to_15, to_18

RECORDED = [
    ("00QOx00000aLVDo", "MAO"),
    ("001B000001Lp1G2", "IAJ"),
    ("a00B000000FSjVU", "IA1"),
    ("0035500001H9kZu", "AAJ"),
    ("001D000000IRFma", "IAH"),
    ("003Pc00000NsWSH", "IA3"),
    ("A00000000000000", "BAA"),
    ("0015500001QdZPK", "AA3"),
    ("001Pc00000LuBMU", "IA3"),
    ("00U9H000000S01t", "UAC"),
    ("000000000000000", "AAA"),
    ("012000000000000", "AAA"),
]
ALPHABET = st.sampled_from(record_ids.SERIAL_ALPHABET)
IDS15 = st.text(ALPHABET, min_size=15, max_size=15)


@pytest.mark.evidence("recorded", "ids in public recordings of CumulusCI, sf-functions and OpenStax")
@pytest.mark.parametrize(("id15", "suffix"), RECORDED)
def test_checksum(id15: str, suffix: str) -> None:
    """The last three characters say which of the first fifteen are capitals."""
    assert suffix == checksum(id15)
    assert id15 + suffix == to_18(id15) == canonical(id15) == canonical(id15 + suffix)


@pytest.mark.evidence("recorded", "the id of a CumulusCI recording, its case lost and found")
@pytest.mark.parametrize("sent", ["003pc00000nswshia3", "003PC00000NSWSHIA3", "003Pc00000NsWSHia3"])
def test_case_is_restored(sent: str) -> None:
    """An 18 character id that lost its case on the way is still that id."""
    assert "003Pc00000NsWSHIA3" == canonical(sent)


@pytest.mark.evidence("recorded", "restforce cassette: PATCH with this id answers MALFORMED_ID")
def test_wrong_checksum_is_refused() -> None:
    """A checksum that sets a bit over a digit fits no id."""
    assert None is canonical("a00B000000FSjVUIB1")
    assert None is canonical("a00b000000fsjvuib1")


@pytest.mark.evidence("assumed", "a checksum that contradicts mixed-case letters is no longer a re-cased id")
def test_mixed_case_must_fit_its_checksum() -> None:
    """A mixed-case id with the checksum of another id is refused, not silently read as that other id."""
    assert None is canonical("00QOx00000aLVdoMAO")


@pytest.mark.evidence("documented", "REST API Developer Guide: ids have 15 or 18 letters and digits")
@pytest.mark.parametrize(
    "sent",
    ["", "null", "-1", "INVALID ID", "somethingwonky", "001D000000IRFm", "001D000000IRFmaI", "001D000000IRFmaIA",
     "001D000000IRFmaIAHx", "001D000000IRFm!", "001D000000IRFmé", "00\u0661D000000IRFma", "001D000000IRFma\n",
     "001D000000IRFmaIA9", None, 17, 1.5, True, ["001D000000IRFma"], {}],
)  # fmt: skip
def test_not_an_id(sent: object) -> None:
    """What has another length or other characters is no id."""
    assert None is canonical(sent)


@pytest.mark.evidence("recorded", "consecutive inserts: H9kZz, H9ka0 ... H9ka9, H9kaA")
def test_serials_count_digits_capitals_letters() -> None:
    """Serial numbers count 0-9, A-Z, a-z."""
    around = [record_ids.base62(n, 1) for n in (9, 10, 35, 36, 61)]
    assert ["9", "A", "Z", "a", "z"] == around
    assert ["00z", "010"] == [record_ids.base62(n, 3) for n in (61, 62)]


@pytest.mark.evidence("recorded", "ids of public recordings: prefix, instance, a zero, the serial")
def test_mint_layout() -> None:
    """An id is key prefix, instance, a reserved zero and the serial."""
    assert "00TUd0000000001" == to_15(mint("00T", 1))
    assert "001Pc00000LuBMUIA3" == mint("001", int_of("0000LuBMU"), instance="Pc")
    assert "001ABC0" == mint("001", 0, instance="ABC")[:7]


def int_of(digits: str) -> int:
    """The number a serial stands for."""
    number = 0
    for digit in digits:
        number = number * 62 + record_ids.SERIAL_ALPHABET.index(digit)
    return number


def test_mint_refuses_what_cannot_be_an_id() -> None:
    """A prefix of another length or a serial that does not fit is our own mistake."""
    for prefix, serial in (("00", 1), ("0000", 1), ("001", -1), ("001", 62**9)):
        with pytest.raises(AssertionError):
            mint(prefix, serial)


@given(st.integers(0, 62**9 - 1), st.integers(0, 62**9 - 1))
def test_minted_ids_sort_by_age_and_never_collide(one: int, other: int) -> None:
    """Of two ids of one object the older sorts first, byte by byte."""
    first, second = mint("00T", one), mint("00T", other)
    assert (one < other) == (to_15(first) < to_15(second))
    assert (one == other) == (first == second)


@given(IDS15)
def test_both_lengths_mean_one_id(id15: str) -> None:
    """The 15 and the 18 character form are the same id, and canonical changes it no further."""
    id18 = to_18(id15)
    assert id18 == canonical(id15) == canonical(id18)
    assert id15 == to_15(id18)


@given(IDS15)
def test_lost_case_is_always_found_again(id15: str) -> None:
    """Whatever the id, lower-casing or upper-casing all 18 characters loses nothing."""
    id18 = to_18(id15)
    assert id18 == canonical(id18.lower()) == canonical(id18.upper())


@given(IDS15, st.integers(0, 14))
def test_case_matters_in_15(id15: str, position: int) -> None:
    """Two ids that differ in the case of one letter are two ids."""
    swapped = id15[:position] + id15[position].swapcase() + id15[position + 1 :]
    assert (swapped == id15) == (canonical(swapped) == canonical(id15))


@given(st.text(max_size=20))
def test_canonical_answers_an_id_or_none(text: str) -> None:
    """Any text is read without an error, and what is accepted is well-formed."""
    found = canonical(text)
    assert found is None or found == to_18(found)
