"""The pytest fixtures of the Planhat fake.

`planhat` plays the real host names in-process; `planhat_http` and `planhat_https` are served on 127.0.0.1.
Each test begins with the tenant as it was made, its clock frozen at `fake_core.clock.DEFAULT_MOMENT`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fake_core.fake import Fake
    from fake_core.testing import Played

PLANHAT_URL = "https://api.planhat.com"


@pytest.fixture(scope="session")
def planhat_fake() -> Iterator[Fake]:
    """The one Planhat fake of this test run; overridable where a project brings its own tenant."""
    from fake_core.clock import FrozenClock
    from fake_planhat import create_app

    fake = create_app(clock=FrozenClock())
    yield fake
    fake.close()


@pytest.fixture
def planhat(planhat_fake: Fake) -> Iterator[Played]:
    """A Planhat tenant at `https://api.planhat.com`, in this process."""
    from fake_core.testing import play

    with play(planhat_fake, PLANHAT_URL) as played:
        yield played


@pytest.fixture
def planhat_http(planhat_fake: Fake) -> Iterator[Played]:
    """A Planhat tenant served over http on a free port of 127.0.0.1."""
    from fake_core.testing import serve_in_thread

    with serve_in_thread(planhat_fake, tls=False) as played:
        yield played


@pytest.fixture
def planhat_https(planhat_fake: Fake) -> Iterator[Played]:
    """A Planhat tenant served over https on a free port; `credentials["ca_file"]` is the CA to trust."""
    from fake_core.testing import serve_in_thread

    with serve_in_thread(planhat_fake, tls=True) as played:
        yield played
