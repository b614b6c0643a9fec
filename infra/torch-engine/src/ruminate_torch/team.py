"""
Rank 0's hold on the others. They are started here and handed every request on their standard input, which is their
leash too: when rank 0 ends, by whatever means, so do they. On their standard output they say how a request ended.

One that dies, or fails where the others do not, ends all: shards and gradients that no longer belong together must not
be computed with.
"""

from __future__ import annotations

import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Callable

from . import frames
from .errors import EngineError, described

# Ranks fail at one place for one reason, so within moments of each other; a rank that waits for one that failed waits no longer.
GRACE_S = 30.0
# The others say each second that they are there; one silent for so long hangs (as infra/torch/process.ts has it).
SILENCE_S = 120.0


class Team:
    """`end(error)`: says an error (as `described`) for whatever is in hand, and ends this process."""

    def __init__(self, count: int, device: str, end: Callable[[dict], None]):
        from . import ranks

        self.tell = end
        self.computing: object | None = None
        self.folder = Path(tempfile.mkdtemp(prefix="ruminate-ranks-"))
        self.said: list[queue.Queue] = [queue.Queue() for _ in range(1, count)]
        self.others = [
            subprocess.Popen([sys.executable, "-m", "ruminate_torch.rank"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(1, count)
        ]
        self.heard_at = [time.monotonic()] * count
        for rank, other in enumerate(self.others, 1):
            threading.Thread(target=self.watch, args=(rank, other), daemon=True).start()
        threading.Thread(target=self.watch_silence, daemon=True).start()
        self.hand(lambda rank: {"rank": rank, "count": count, "device": device, "folder": str(self.folder)})
        self.ranks = ranks.join(0, count, device, self.folder)

    def run(self, verb: str, params: dict, blobs: list[bytes], do: Callable, say: Callable):
        """Every rank's `do`; what rank 0 answers."""
        self.computing = request = object()
        self.hand(lambda _: {"verb": verb, "params": params}, blobs)
        answer = failed = None
        try:
            answer = do(self.ranks.agreed(say))
        except Exception as error:
            failed = error
        said = [self.wait(each, failed) for each in self.said]
        if request is self.computing:
            self.computing = None
        if failed is None and not any(said):
            return answer
        if isinstance(failed, EngineError) and all(each and each["ours"] for each in said):
            raise failed
        if failed is not None:
            traceback.print_exception(failed)
        # Another's own words first: that rank 0 lost its connection to it is only what follows.
        first = next((each["error"] for each in said if each), None)
        self.end(first or described(failed))

    def wait(self, said: queue.Queue, failed: Exception | None) -> dict | None:
        try:
            return said.get(timeout=None if failed is None else GRACE_S)
        except queue.Empty:
            return None

    def hand(self, message: Callable[[int], dict], blobs=()) -> None:
        for rank, other in enumerate(self.others, 1):
            try:
                for piece in frames.encode(message(rank), blobs):
                    other.stdin.write(piece)
                other.stdin.flush()
            except OSError:
                # It is gone; `watch` says so.
                pass

    def watch(self, rank: int, other: subprocess.Popen) -> None:
        try:
            while (got := frames.read(other.stdout)) is not None:
                self.heard_at[rank] = time.monotonic()
                if "failed" not in got[0]:
                    continue
                failure = got[0]["failed"]
                if failure is not None:
                    timer = threading.Timer(GRACE_S, self.overdue, (self.computing, failure["error"]))
                    timer.daemon = True
                    timer.start()
                self.said[rank - 1].put(failure)
        except frames.BadFrame:
            pass
        code = other.wait()
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        self.lose(rank, f"ended {how}")

    def watch_silence(self) -> None:
        while True:
            time.sleep(SILENCE_S / 24)
            for rank, at in enumerate(self.heard_at):
                if rank > 0 and time.monotonic() - at > SILENCE_S:
                    self.lose(rank, f"was silent for {SILENCE_S:.0f} s")

    def lose(self, rank: int, how: str) -> None:
        told = f"rank {rank} of {len(self.others) + 1} {how}; all ranks were ended"
        self.end({"kind": "infrastructure", "message": told, "hint": "the engine's log may say why"})

    def overdue(self, request: object | None, error: dict) -> None:
        """Rank 0 still computes what another rank could not: it waits for that rank, and would for good."""
        if request is not None and request is self.computing:
            self.end(error)

    def end(self, error: dict) -> None:
        for other in self.others:
            other.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tell(error)
