"""Ids as only arithmetic can say it: which letters of an id matter."""

from __future__ import annotations

from crm_contracts.conform.check import held
from crm_contracts.conform.play import Play

__all__: list[str] = []

SOURCE = "REST API Developer Guide and help article on record ids: 15 characters are case-sensitive, 18 are not"


@held(
    "salesforce/ids/fifteen-in-another-case",
    "The letters of a 15-character id are told apart by case: in another case it is another id.",
    operations=["getRecord"],
    grade="documented",
    source=SOURCE,
    calls=3,
)
def fifteen_in_another_case(play: Play) -> None:
    """The record is made with an id that has letters; swapped, they name nobody."""
    play.step({"call": "POST {data}/sobjects/Account", "json": {"Name": "{mark}"}, "status": 201, "keep": {"id": "id"}})
    fifteen = play.kept["id"][:15]
    play.kept["swapped"] = fifteen[:3] + fifteen[3:].swapcase()
    play.step({"call": "GET {data}/sobjects/Account/{swapped}", "status": 404})


@held(
    "salesforce/ids/eighteen-in-any-case",
    "The 18-character id names its record in any case, and is answered in its own.",
    operations=["getRecord"],
    grade="documented",
    source=SOURCE,
    calls=3,
)
def eighteen_in_any_case(play: Play) -> None:
    play.step({"call": "POST {data}/sobjects/Account", "json": {"Name": "{mark}"}, "status": 201, "keep": {"id": "id"}})
    play.kept["lowered"] = play.kept["id"].lower()
    play.step({"call": "GET {data}/sobjects/Account/{lowered}", "status": 200, "has": {"Id": "{id}"}})
