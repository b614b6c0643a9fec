"""Encoded conversations as the tensors that a model takes. B rows, T tokens of the longest, P picture patches in all."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .codec import Encoded


@dataclass(frozen=True)
class Prepared:
    """A conversation with its pictures processed: `patches_PC` and the grid of each picture, or None without any."""

    encoded: Encoded
    patches_PC: torch.Tensor | None
    grid_I3: torch.Tensor | None


@dataclass(frozen=True)
class Batch:
    inputs: dict[str, torch.Tensor]
    mask_BT: torch.Tensor


def collate(rows: list[Prepared], pad: int, image: int, device: torch.device, left: bool = False) -> Batch:
    """Pads to the longest: at the left for sampling, at the right for training. Nothing is cut off."""
    longest = max(len(row.encoded.tokens_T) for row in rows)

    def padded(values: list[int], filler: int) -> list[int]:
        gap = [filler] * (longest - len(values))
        return gap + values if left else values + gap

    tokens_BT = torch.tensor([padded(row.encoded.tokens_T, pad) for row in rows])
    attention_BT = torch.tensor([padded([1] * len(row.encoded.tokens_T), 0) for row in rows])
    mask_BT = torch.tensor([padded(row.encoded.mask_T, 0) for row in rows], dtype=torch.bool)
    inputs = {"input_ids": tokens_BT, "attention_mask": attention_BT}
    inputs["mm_token_type_ids"] = ((tokens_BT == image) & (attention_BT == 1)).int()
    seen = [row for row in rows if row.patches_PC is not None]
    if seen:
        inputs["pixel_values"] = torch.cat([row.patches_PC for row in seen])
        inputs["image_grid_thw"] = torch.cat([row.grid_I3 for row in seen])
    return Batch({name: value.to(device) for name, value in inputs.items()}, mask_BT.to(device))
