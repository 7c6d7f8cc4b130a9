"""A vendor's Flask application, made from its table of routes.

Rule 1: a view gets the values of its path by name and answers a Flask response; *around* puts what every call of the
vendor needs (limits, credentials) before it.
Rule 2: every refusal is rendered in one place: *refuse* gets the vendor's error, or werkzeug's for a path, a method or
a body that no route takes. A 405 names the methods that there are.
Rule 3: what is not faked answers 501 NOT_FAKED; an operation that only stands in for an API nobody could show us says
so in the header X-Understudy-Stand-In.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule

from fake_core.errors import VendorError
from fake_core.not_faked import NotFaked

View = Callable[..., Response]
Route = tuple[str, str, str, Callable[..., Any]]  # method, path, operationId, view
STAND_IN_HEADER = "X-Understudy-Stand-In"


def flask_app(
    name: str,
    *,
    routes: Iterable[Route],
    around: Callable[[str, Callable[..., Any]], View],
    refuse: Callable[[VendorError | HTTPException], Response],
    finish: Callable[[Response], Response] = lambda response: response,
    not_faked: Iterable[NotFaked] = (),
    stand_ins: Mapping[str, str] | None = None,
    body_bytes_max: int | None = None,
) -> Flask:
    """The application of the vendor's package *name*.

    *around* makes the view that is called of an operationId and its view in *routes*; *finish* sees every answer last;
    *stand_ins* are reasons by operationId (rule 3); a body beyond *body_bytes_max* is refused unread.
    """
    app = Flask(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = body_bytes_max
    app.config["PROPAGATE_EXCEPTIONS"] = True  # our bugs and the tester's mistakes are tracebacks
    reasons, rules = stand_ins or {}, []
    for method, path, operation_id, view in routes:
        made = around(operation_id, view)
        if operation_id in reasons:
            made = _labelled(made, refuse, reasons[operation_id])
        rules.append((method, path, operation_id))
        app.view_functions[operation_id] = made
    for row in not_faked:
        rules.append((row.method, row.path, row.operation_id))
        app.view_functions[row.operation_id] = _answers_501(row)
    app.url_map = _url_map(tuple(rules))
    app.register_error_handler(VendorError, refuse)
    app.register_error_handler(HTTPException, _naming_methods(refuse))
    app.after_request(finish)
    return app


@cache
def _url_map(rules: tuple[tuple[str, str, str], ...]) -> Map:
    """Rules as (method, path, operationId). All applications of a vendor share one: it only reads, and to compile it
    takes nearly as long as all the rest of making a fake.
    """
    made = [Rule(path, methods=[method], endpoint=operation_id) for method, path, operation_id in rules]
    return Map(made, strict_slashes=False, merge_slashes=False)  # /tasks/ is /tasks


def _naming_methods(
    refuse: Callable[[VendorError | HTTPException], Response],
) -> Callable[[HTTPException], Response]:
    def answer(error: HTTPException) -> Response:
        response = refuse(error)
        if response.status_code == 405 and isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    return answer


def _labelled(view: View, refuse: Callable[[VendorError | HTTPException], Response], reason: str) -> View:
    @wraps(view)
    def call(**path: str) -> Response:
        try:
            response = view(**path)
        except (VendorError, HTTPException) as error:
            response = refuse(error)
        response.headers[STAND_IN_HEADER] = reason
        return response

    return call


def _answers_501(row: NotFaked) -> View:
    def call(**_path: str) -> Response:
        return Response(row.body(), status=501, content_type="application/json")

    return call
