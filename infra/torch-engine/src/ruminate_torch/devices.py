"""Where a model computes."""

from __future__ import annotations

import torch

from .errors import UserError


def device_of(name: str, option: str = "compute.device", rank: int | None = None) -> torch.device:
    """
    Never another device than the one that was asked for. `option`: what a person sets it by, for messages; `rank`: which of
    several GPUs.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError(
            f"{option} is cuda, but PyTorch {torch.__version__} finds no CUDA device here",
            f"{option} cpu computes anywhere; for cuda, install the driver and a PyTorch built for it",
        )
    return torch.device(name, rank) if name == "cuda" and rank is not None else torch.device(name)
