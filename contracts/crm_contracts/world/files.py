"""The files of a sync under test, copied as a backup would: what is no file of anybody's stays where it is."""

from __future__ import annotations

import shutil
from pathlib import Path


def copy_files(source: Path, target: Path) -> None:
    """Files, folders and links, dangling ones too; a socket or a pipe that a process left behind is none of them."""
    shutil.copytree(source, target, symlinks=True, ignore=_no_files, dirs_exist_ok=True)


def _no_files(folder: str, names: list[str]) -> list[str]:
    listed = [Path(folder, name) for name in names]
    return [one.name for one in listed if not (one.is_symlink() or one.is_file() or one.is_dir())]
