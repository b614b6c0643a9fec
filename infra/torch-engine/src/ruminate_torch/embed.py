"""Features of pictures by the model's own vision tower: I pictures, D numbers each."""

from __future__ import annotations

import torch

from .model import Model


@torch.inference_mode()
def embed(model: Model, pictures: list, rows: int, say) -> torch.Tensor:
    """The mean over a picture's vision tokens as the language model gets them, divided by its length: float32 [I, D]."""
    features: list[torch.Tensor] = []
    for start in range(0, len(pictures), rows):
        say("embedding", start, len(pictures))
        pixels = model.pixels(pictures[start : start + rows])
        with model.computing():
            seen = model.core.model.get_image_features(
                pixels["pixel_values"].to(model.device), pixels["image_grid_thw"].to(model.device), return_dict=True
            )
        features += [tokens_ND.float().mean(0) for tokens_ND in seen.pooler_output]
    return torch.nn.functional.normalize(torch.stack(features), dim=-1).cpu()
