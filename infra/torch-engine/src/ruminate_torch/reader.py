"""What a model reads with: its codec, and the processor that scales pictures and cuts them into patches."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from . import families
from .batch import Prepared
from .codec import Codec, read_conversation
from .fields import Fields
from .pictures import decoded


@dataclass
class Reader:
    codec: Codec
    image_processor: object

    def prepare(self, given: Fields, blobs: list[bytes], prompt: bool = False) -> Prepared:
        conversation = read_conversation(given)
        pixels = self.pixels([decoded(picture, blobs) for picture in conversation.pictures])
        sizes = [] if pixels is None else self.tokens_of(pixels["image_grid_thw"])
        encoded = self.codec.encode(conversation, sizes, prompt)
        if pixels is None:
            return Prepared(encoded, None, None)
        return Prepared(encoded, pixels["pixel_values"], pixels["image_grid_thw"])

    def pixels(self, pictures: list):
        """Patches and grids of pictures, each scaled into the pixel budget; None without any."""
        return self.image_processor(images=pictures, return_tensors="pt") if pictures else None

    def tokens_of(self, grid_I3: torch.Tensor) -> list[int]:
        return (grid_I3.prod(-1) // self.image_processor.merge_size**2).tolist()


def reader_of(folder: Path, config, given: Fields) -> Reader:
    """`given`: the `pixels` and `contextTokens` of a load."""
    from transformers import AutoTokenizer
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    image_processor = Qwen2VLImageProcessorPil.from_pretrained(folder, local_files_only=True, **pixel_budget(given))
    longest = config.get_text_config().max_position_embeddings
    context = given.integer("contextTokens", 16, longest, min(longest, 32768))
    return Reader(Codec(tokenizer, families.chat_template(folder, tokenizer), context), image_processor)


def pixel_budget(given: Fields) -> dict:
    if given.take("pixels", None) is None:
        return {}
    pixels = given.inner("pixels")
    low, high = pixels.integer("min", 1, 2**26), pixels.integer("max", 1, 2**26)
    pixels.done()
    return {"min_pixels": low, "max_pixels": max(low, high)}
