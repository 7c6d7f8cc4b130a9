"""Who holds a lease on a state: a process of a host, told apart from one that is gone."""

from __future__ import annotations

import os
import socket


def this_process(holder: str) -> tuple[str, list[str]]:
    """How this process is called as the holder of a lease, and *holder* if it was a process here that is gone."""
    host, _, number = holder.rpartition(" process ")
    here = socket.gethostname()
    dead = host == here and number.isdigit() and not _runs(int(number))
    return f"{here} process {os.getpid()}", [holder] if dead else []


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, and alive
    return True
