"""
The ranks of one engine: processes that hold one model in shards and compute each request in step. What is summed over
ranks is summed in their order, so that equal runs of equally many ranks have equal numbers.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import torch

from .errors import Cancelled, Told, UserError, described

# A rank waits for another that reads a large model or writes a large file. One that dies ends all others at once (team.py).
PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Ranks:
    """One rank among `count`. Alone, everything here is what it is given, and nothing of torch.distributed is loaded."""

    rank: int = 0
    count: int = 1

    def sum(self, share: torch.Tensor) -> torch.Tensor:
        """Of one number per rank, float64."""
        if self.count == 1:
            return share
        return torch.tensor(sum(self.gathered(share.item())), dtype=torch.float64)

    def gathered(self, value: Any) -> list:
        """What each rank says, in their order."""
        if self.count == 1:
            return [value]
        import torch.distributed as dist

        said: list[Any] = [None] * self.count
        dist.all_gather_object(said, value)
        return said

    def first(self, make: Callable[[], Any]) -> Any:
        """Done by rank 0 alone; every rank gets what came of it, also where it failed."""
        if self.count == 1:
            return make()
        import torch.distributed as dist

        told: list[Any] = [None, None]
        if self.rank == 0:
            try:
                told = [make(), None]
            except Exception as error:
                told = [None, described(error)]
        dist.broadcast_object_list(told, src=0)
        if told[1] is not None:
            raise Told(told[1])
        return told[0]

    def agreed(self, say):
        """Progress that stops every rank at the same place: where rank 0 was asked to."""
        if self.count == 1:
            return say
        import torch.distributed as dist

        def said(doing: str, done: float, total: float) -> None:
            stop = torch.zeros(1, dtype=torch.uint8)
            if self.rank == 0:
                try:
                    say(doing, done, total)
                except Cancelled:
                    stop += 1
            dist.broadcast(stop, src=0)
            if stop.item():
                raise Cancelled("cancelled")

        return said


def refuse_too_many(count: int, device: str) -> None:
    """One CUDA device a rank; a CPU has room for any number."""
    found = torch.cuda.device_count() if device == "cuda" else count
    if found < count:
        raise UserError(
            f"compute.ranks is {count}, but PyTorch finds {found} CUDA device{'s' if found > 1 else ''} here: each rank needs its own",
            f"compute.ranks: {found}, or a machine with more devices",
        )


def join(rank: int, count: int, device: str, folder: Path) -> Ranks:
    """Meets the other ranks through a file in a folder of their own; what they exchange goes over the loopback alone."""
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    os.environ.update(GLOO_SOCKET_IFNAME=loopback, NCCL_SOCKET_IFNAME=loopback)
    import torch.distributed as dist

    if device == "cuda":
        torch.cuda.set_device(rank)
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    store = dist.FileStore(str(folder / "store"), count)
    dist.init_process_group(backend, store=store, rank=rank, world_size=count, timeout=PATIENCE)
    return Ranks(rank, count)
