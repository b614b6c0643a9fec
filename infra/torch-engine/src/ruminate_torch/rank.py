"""A rank other than 0: computes every request that rank 0 hands it, and says how each ended (team.py)."""

from __future__ import annotations

import os
import queue
import shutil
import sys
import threading
import time
import traceback
from pathlib import Path

from . import frames
from .engine import Engine
from .errors import EngineError, described


def main() -> None:
    # Whatever else is printed goes to the log, and not between the frames.
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    start = frames.read(source)
    if start is None:
        sys.exit("ruminate_torch.rank is started by rank 0")
    given = start[0]
    requests: queue.Queue = queue.Queue()
    said = Said(sink)
    threading.Thread(target=listen, args=(source, requests, given["folder"]), daemon=True).start()
    threading.Thread(target=said.beat, daemon=True).start()
    from . import ranks

    engine = Engine(ranks=ranks.join(given["rank"], given["count"], given["device"], Path(given["folder"])))
    while True:
        message, blobs = requests.get()
        said.say({"failed": failed(engine, message, blobs)})


class Said:
    """Whole frames from two threads: how a request ended, and each second that this rank is there."""

    def __init__(self, sink):
        self.sink, self.writing = sink, threading.Lock()

    def say(self, message: dict) -> None:
        with self.writing:
            self.sink.write(b"".join(frames.encode(message)))
            self.sink.flush()

    def beat(self) -> None:
        while True:
            self.say({"type": "heartbeat"})
            time.sleep(1)


def listen(source, requests: queue.Queue, folder: str) -> None:
    """Reads until rank 0 is gone, and goes with it, whatever is being computed."""
    try:
        while (got := frames.read(source)) is not None:
            requests.put(got)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def failed(engine: Engine, message: dict, blobs: list[bytes]) -> dict | None:
    try:
        engine.run(message["verb"], message["params"], blobs, lambda *_: None)
        return None
    except Exception as error:
        if not isinstance(error, EngineError):
            traceback.print_exc()
        return {"error": described(error), "ours": isinstance(error, EngineError)}


if __name__ == "__main__":
    main()
