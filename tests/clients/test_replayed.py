"""Published clients that cannot be run here: their calls and what they read, replayed against the fakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.clients.replay import FILES, load, replay

from fake_core.testing import Played


@pytest.mark.evidence("client-derived", "the published source of the client that the file names")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_client_reads_every_answer(path: Path, request: pytest.FixtureRequest) -> None:
    """Each call has the status, the words and the kinds of values that the client's code relies on."""
    told = load(path)
    played: Played = request.getfixturevalue(told["vendor"])

    done = list(replay(told, played))

    assert [] == [f"{what}: {words}" for what, wrong in done for words in wrong]
    assert len(told["calls"]) == len(done)


def test_every_file_is_there() -> None:
    """No file is lost from the sweep above."""
    planhat = {"planhat-connectors", "planhat-go", "planhat-hull", "planhat-mcp"}
    totango = {f"totango-{name}" for name in ("action", "php", "pipedream", "scripts", "zendesk")}
    assert planhat | totango == {path.stem for path in FILES}
