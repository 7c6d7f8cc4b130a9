"""Checks of Totango that take a long text, or a name in another case."""

from __future__ import annotations

from crm_contracts.conform.check import held
from crm_contracts.conform.play import Play

__all__: list[str] = []

CONTENT_MAX = 12_000


@held(
    "totango/errors/content-too-long",
    "A touchpoint's content of 12,000 characters is taken, one of 12,001 is refused.",
    operations=["createTouchpoint"],
    grade="assumed",
    source="the limit is documented (Touchpoints API), the answer is not",
    entry="totango/error/content_too_long",
    calls=6,
)
def content_too_long(play: Play) -> None:
    mark = str(play.kept["mark"])
    longest = mark + "x" * (CONTENT_MAX - len(mark))
    call = {"call": "POST /api/v3/touchpoints/", "json": {"account_id": "{account}", "content": longest}}
    play.step({**call, "status": 200})
    error = {"code": "bad_request", "message": f"content is longer than {CONTENT_MAX} characters"}
    too_long = {"account_id": "{account}", "content": f"{longest}x"}
    play.step({**call, "json": too_long, "status": 400, "refused": error})


@held(
    "totango/accounts/an-id-is-not-folded",
    "An account's id is compared letter by letter.",
    operations=["getAccount"],
    grade="assumed",
    source="the help article folds External Id only",
    calls=3,
)
def account_in_another_case(play: Play) -> None:
    account = str(play.look_up("account", None))
    play.step({"call": f"GET /api/v2/accounts/{account}/", "status": 200})
    play.step({"call": f"GET /api/v2/accounts/{account.swapcase()}/", "status": 404})
