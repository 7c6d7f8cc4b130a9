"""A CSV export as rows: whatever spreadsheet or data loader wrote it.

Rule 1: UTF-8 with or without BOM, UTF-16 with BOM, commas, semicolons or tabs; a quoted cell may have several lines.
Rule 2: an error names file and row; rows are counted as a spreadsheet counts them, the heading is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fake_core.errors import MisuseError

__all__ = ["CSV_BYTES_MAX", "Table", "read_csv"]

CSV_BYTES_MAX = 100 * 1024 * 1024
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """A file's heading and rows. *twice*: headings that stand there more than once; the first of each counts."""

    path: Path
    heading: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]
    twice: tuple[str, ...]
    skipped: int  # rows below the table: totals, a copyright line

    @property
    def name(self) -> str:
        return self.path.name


def read_csv(path: Path) -> Table:
    """The table in a file. Raises MisuseError: file, row, what is wrong."""
    text = _text(path)
    first = text.lstrip("\r\n").partition("\n")[0]
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # what Excel writes to itself
        delimiter = first.strip()[4]
        text = text.lstrip("\r\n").partition("\n")[2]
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    found = list(_records(path, text, delimiter))
    if not found:
        raise MisuseError(f"{path} is empty: export it again, with a heading")
    heading = tuple(cell.strip() for cell in found[0][1])
    if len([cell for cell in heading if cell]) < 2:
        raise MisuseError(
            f"{path}, row 1: a heading of one column: is this a CSV file with commas, semicolons or tabs?"
        )
    seen: dict[str, int] = {}
    for place, cell in enumerate(heading):
        seen.setdefault(cell.lower(), place)
    twice = tuple(dict.fromkeys(cell for place, cell in enumerate(heading) if cell and seen[cell.lower()] != place))
    rows, skipped = [], 0
    filled = [(number, cells) for number, cells in found[1:] if any(cell.strip() for cell in cells)]
    table = max((place for place, (_, cells) in enumerate(filled) if not _short(cells, heading)), default=-1)
    for place, (number, cells) in enumerate(filled):
        # Inside the table a row is short because its last cells are empty; a line of one cell is none.
        if (place > table and _short(cells, heading)) or len([cell for cell in cells if cell.strip()]) == 1:
            skipped += 1
            continue
        if len(cells) > len(heading):
            raise MisuseError(
                f"{path}, row {number}: {len(cells)} cells, the heading has {len(heading)}: "
                "a quotation mark is missing in or above this row"
            )
        rows.append((number, {name: cells[place] for name, place in seen.items() if name and place < len(cells)}))
    return Table(path, heading, tuple(rows), twice, skipped)


def _short(cells: Sequence[str], heading: Sequence[str]) -> bool:
    return len(cells) < len(heading) / 2


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > CSV_BYTES_MAX:
            raise MisuseError(f"{path}: more than {CSV_BYTES_MAX // 1024 // 1024} MB: export fewer records")
        raw = path.read_bytes()
    except OSError as error:
        raise MisuseError(f"{path}: {error.strerror}") from None
    charset = next((name for bom, name in _BOMS.items() if raw.startswith(bom)), "utf-8")
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise MisuseError(f"{path}, row {row}: no UTF-8 (and no UTF-16 with a BOM): save it as CSV UTF-8") from None
    if "\0" in text:
        raise MisuseError(
            f"{path}, row {text[: text.index(chr(0))].count(chr(10)) + 1}: this is no text: save it as CSV UTF-8"
        )
    return text


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with its number, as a spreadsheet counts rows: a cell of several lines is one row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            number += 1
            if cells or number > 1:
                yield number, cells
    except csv.Error as error:
        raise MisuseError(f"{path}, row {number + 1} (line {reader.line_num}): {error}") from None
