"""Pictures as they come beside a request: bytes of a file, or raw pixels."""

from __future__ import annotations

import io

from .errors import DataError
from .fields import Fields

# A picture may name millions of pixels in a few bytes; this many are decoded, no more.
MOST_PIXELS = 64 * 2**20
FORMATS = ("PNG", "JPEG", "WEBP")


def decoded(described: Fields, blobs: list[bytes]):
    """`{blob, form}`, or `{blob, form: rgb | grey, widthPx, heightPx}` for raw rows: an RGB picture of Pillow."""
    from PIL import Image

    form = described.choice("form", ("file", "rgb", "grey"), "file")
    blob = described.integer("blob", 0, len(blobs) - 1)
    where = described.where
    if form != "file":
        width, height = described.integer("widthPx", 1, 2**16), described.integer("heightPx", 1, 2**16)
        described.done()
        channels = 3 if form == "rgb" else 1
        if len(blobs[blob]) != width * height * channels:
            raise DataError(f"{where}: {width}×{height} {form} needs {width * height * channels} bytes, got {len(blobs[blob])}")
        return Image.frombytes("RGB" if channels == 3 else "L", (width, height), blobs[blob]).convert("RGB")
    described.done()
    try:
        picture = Image.open(io.BytesIO(blobs[blob]), formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise DataError(f"{where}: a picture of {picture.width}×{picture.height}; at most {MOST_PIXELS} pixels are decoded")
        return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{where}: {len(blobs[blob])} bytes that are no readable {', '.join(FORMATS)}: {error}") from error
