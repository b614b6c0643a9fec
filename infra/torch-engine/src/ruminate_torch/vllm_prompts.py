"""Conversations as vLLM takes them: token for token what training sees, with pictures as it scales them."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

from .codec import read_conversation
from .fields import Fields
from .pictures import decoded
from .reader import Reader


@dataclass(frozen=True)
class Prompt:
    """
    `tokens` has one token for each picture; `whole` all that it takes, as training sees them: of each picture `sizes`. Both
    end with `forced`, a beginning of the message that the policy does not choose.
    """

    tokens: list[int]
    whole: list[int]
    forced: list[int]
    pictures: list
    sizes: list[int]


def prompt_of(reader: Reader, given: Fields, blobs: list[bytes], forced: list[int]) -> Prompt:
    """Pictures are scaled here, as training scales them; vLLM then finds nothing to scale."""
    conversation = read_conversation(given)
    pictures = [fitted(reader, decoded(picture, blobs)) for picture in conversation.pictures]
    side = side_of(reader)
    sizes = [(picture.width // side) * (picture.height // side) for picture in pictures]
    whole = reader.codec.encode(conversation, sizes, prompt=True).tokens_T + forced
    return Prompt(collapsed(whole, reader.codec.image, sizes), whole, forced, pictures, sizes)


def side_of(reader: Reader) -> int:
    """Pixels of a token, across and down."""
    return reader.image_processor.patch_size * reader.image_processor.merge_size


def fitted(reader: Reader, picture):
    processor = reader.image_processor
    height, width = smart_resize(
        picture.height,
        picture.width,
        factor=side_of(reader),
        min_pixels=processor.size["shortest_edge"],
        max_pixels=processor.size["longest_edge"],
    )
    return picture if picture.size == (width, height) else picture.resize((width, height), Image.Resampling.BICUBIC)


def collapsed(tokens: list[int], image: int, sizes: list[int]) -> list[int]:
    """One token for each picture: vLLM counts for itself how many it takes."""
    short, left = [], iter(sizes)
    at = 0
    while at < len(tokens):
        short.append(tokens[at])
        at += next(left) if tokens[at] == image else 1
    return short
