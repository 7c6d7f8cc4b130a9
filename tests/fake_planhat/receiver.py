"""Receivers of webhooks: one that is handed in, and one that listens on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fake_planhat.automations import Reply, Webhook

URL = "http://127.0.0.1:9/hook"


class Inbox:
    """A sender that keeps what it is given; *answer* makes the reply, or raises."""

    def __init__(self, answer: Callable[[Webhook], Reply] = lambda _webhook: Reply(200, "{}")) -> None:
        self.got: list[Webhook] = []
        self.answer = answer

    def __call__(self, webhook: Webhook) -> Reply:
        self.got.append(webhook)
        return self.answer(webhook)

    @property
    def texts(self) -> list[str]:
        return [one.body.decode() for one in self.got]


@contextmanager
def listening(answer: Callable[[Webhook], Reply]) -> Iterator[tuple[str, list[Webhook]]]:
    """A receiver on a free port: its URL, and what came; *answer* is called in a thread for each webhook."""
    got: list[Webhook] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            webhook = Webhook(self.command, self.path, dict(self.headers.items()), body)
            got.append(webhook)
            reply = answer(webhook)
            data = reply.text.encode()
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(data)))
            with suppress(OSError):  # the sender has given up
                self.end_headers()
                self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - the library's names

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
