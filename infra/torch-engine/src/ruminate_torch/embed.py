"""Features of pictures by the model's own vision tower: I pictures, D numbers each."""

from __future__ import annotations

import torch

from .model import Model
from .shards import inference, through


def embed(model: Model, pictures: list, rows: int, say) -> torch.Tensor:
    """The mean over a picture's vision tokens as the language model gets them, divided by its length: float32 [I, D]."""
    features: list[torch.Tensor] = []
    with inference(model.core, model.ranks):
        for start in range(0, len(pictures), rows):
            say("embedding", start, len(pictures))
            pixels = model.pixels(pictures[start : start + rows])
            seen = through(model.core, model.ranks, lambda: features_of(model, pixels))
            features += [tokens_ND.float().mean(0) for tokens_ND in seen]
        return torch.nn.functional.normalize(torch.stack(features), dim=-1).cpu()


def features_of(model: Model, pixels) -> tuple[torch.Tensor, ...]:
    with model.computing():
        patches_PC, grid_I3 = (pixels[name].to(model.device) for name in ("pixel_values", "image_grid_thw"))
        return tuple(model.core.model.get_image_features(patches_PC, grid_I3, return_dict=True).pooler_output)
