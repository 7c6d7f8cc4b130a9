"""What a machine knows, for a client in a process of its own: the addresses of the vendors' hosts and a CA to trust.

Python imports this by itself where its folder is on PYTHONPATH. UNDERSTUDY_WAYS says which port of this machine plays
which host, UNDERSTUDY_CA which file holds the CA. Any other host is unknown, so nothing leaves this machine.
"""

import json
import os
import socket
from fnmatch import fnmatchcase
from typing import Any

WAYS: dict[str, int] = json.loads(os.environ["UNDERSTUDY_WAYS"])
_ask = socket.getaddrinfo


def _getaddrinfo(host: str | bytes | None, port: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host or ""
    if name in {"localhost", "127.0.0.1"}:
        return _ask(host, port, *args, **kwargs)
    for pattern, played in WAYS.items():
        if fnmatchcase(name.lower(), pattern):
            return _ask("127.0.0.1", played, *args, **kwargs)
    raise socket.gaierror(socket.EAI_NONAME, f"no fake plays {name}")


socket.getaddrinfo = _getaddrinfo

try:
    import certifi
except ImportError:
    pass
else:
    certifi.where = lambda: os.environ["UNDERSTUDY_CA"]
