"""The yardstick: a Flask application that keeps rows in a dict and knows no vendor: as little as an emulator can do."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

ROW = {
    "attributes": {"type": "Task", "url": "/services/data/v60.0/sobjects/Task/00T000000000001AAA"},
    "Id": "00T000000000001AAA",
    **{f"Field{number}": f"value {number}" for number in range(44)},
}
PAGE = {
    "totalSize": 200,
    "done": True,
    "records": [
        {"attributes": ROW["attributes"], "Id": f"00T{n:015d}", "Subject": f"Call {n}", "Status": "Not Started"}
        for n in range(200)
    ],
}


def create_app() -> Flask:
    """GET /row/N: 46 fields. POST /row: stores a body. GET /page: 200 rows of 3 fields."""
    app = Flask("bare")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    rows: dict[int, Any] = {}

    @app.get("/row/<int:number>")
    def read(number: int) -> Any:
        return rows.get(number, ROW)

    @app.post("/row")
    def create() -> Any:
        number = len(rows) + 1
        rows[number] = request.get_json()
        return {"id": number, "success": True, "errors": []}, 201

    @app.get("/page")
    def page() -> Any:
        return PAGE

    return app
