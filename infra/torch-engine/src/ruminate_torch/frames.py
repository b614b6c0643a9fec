"""
One message on the socket: a JSON object with bytes beside it.

    "RMT1"  uint32 length of the JSON  uint64 length of the bytes  JSON (UTF-8)  bytes

Little-endian. The JSON's `blobs` lists how many bytes each blob has, in order; their sum is the length of the bytes.
infra/torch/frames.ts is the other side.
"""

from __future__ import annotations

import json
import struct
from typing import BinaryIO, Sequence

MAGIC = b"RMT1"
HEADER = struct.Struct("<4sIQ")
MOST_JSON = 256 * 2**20
MOST_BLOBS = 8 * 2**30


class BadFrame(Exception):
    """Not a frame: nothing after it can be trusted, so the connection ends."""


def encode(message: dict, blobs: Sequence[bytes] = ()) -> list[bytes]:
    """The pieces to be written, in order. Throws a ValueError on a number that JSON cannot say (NaN, infinity)."""
    head = dict(message, blobs=[len(blob) for blob in blobs])
    body = json.dumps(head, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()
    return [HEADER.pack(MAGIC, len(body), sum(head["blobs"])), body, *blobs]


def read(stream: BinaryIO) -> tuple[dict, list[bytes]] | None:
    """The next message and its blobs; None where the stream ends between two. Throws BadFrame."""
    start = stream.read(HEADER.size)
    if not start:
        return None
    magic, json_bytes, blob_bytes = HEADER.unpack(whole(start, HEADER.size))
    if magic != MAGIC:
        raise BadFrame(f"expected a frame that begins with {MAGIC!r}, got {magic!r}")
    if json_bytes > MOST_JSON or blob_bytes > MOST_BLOBS:
        raise BadFrame(f"a frame of {json_bytes} + {blob_bytes} bytes; at most {MOST_JSON} + {MOST_BLOBS} are read")
    message = parse(whole(stream.read(json_bytes), json_bytes))
    lengths = message.get("blobs")
    if not isinstance(lengths, list) or any(type(n) is not int or n < 0 for n in lengths) or sum(lengths) != blob_bytes:
        raise BadFrame(f"expected blobs of {blob_bytes} bytes in all, got lengths {str(lengths)[:80]}")
    return message, [whole(stream.read(n), n) for n in lengths]


def parse(body: bytes) -> dict:
    try:
        message = json.loads(body, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadFrame(f"a frame's JSON cannot be read: {error}") from error
    if not isinstance(message, dict):
        raise BadFrame(f"expected a frame's JSON to be an object, got {type(message).__name__}")
    return message


def refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def whole(got: bytes, expected: int) -> bytes:
    if len(got) != expected:
        raise BadFrame(f"the stream ended inside a frame: {len(got)} of {expected} bytes")
    return got
