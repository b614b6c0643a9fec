"""
What a checkpoint holds, as files named by their own SHA-256: `weights` (a LoRA's adapters alone, or every weight) and
`optimizer` (both moments and the number of steps). The learning rate and all randomness follow from names and step
numbers, so there is no schedule and no generator to save. Equal states give equal bytes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch

from .errors import DataError
from .families import sha256_of
from .fields import Fields
from .model import Model
from .ranks import Ranks
from .shards import full, local, share
from .training import Trainer

FORMAT = 1


def save(trainer: Trainer, folder: Path, say) -> dict:
    """Writes both files (whole or not at all) and says where they are."""
    model = trainer.model
    say("saving", 0, 2)
    weights = write(folder, dict(model.trainable), about(model.base, model.adaptation, "weights"), model.ranks)
    say("saving", 1, 2)
    moments = {f"first/{n}": t for n, t in trainer.first.items()} | {f"second/{n}": t for n, t in trainer.second.items()}
    optimizer = write(folder, moments, about(model.base, model.adaptation, "optimizer") | {"steps": trainer.steps}, model.ranks)
    return {"weights": weights, "optimizer": optimizer}


def about(base: str, adaptation: dict, kind: str) -> dict:
    """What every file says of itself: which model it belongs to, and what of that it holds."""
    return {"format": FORMAT, "kind": kind, "base": base, "adaptation": adaptation}


def write(folder: Path, tensors: dict[str, torch.Tensor], meta: dict, ranks: Ranks) -> dict:
    """Every rank gives its shares, and rank 0 writes: the same form whatever their number."""
    held: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        whole = full(tensor.detach())
        if ranks.rank == 0:
            held[name] = whole.to("cpu", copy=True).contiguous()
    return ranks.first(lambda: write_file(folder, held, meta))


def write_file(folder: Path, held: dict[str, torch.Tensor], meta: dict) -> dict:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{os.getpid()}.{meta['kind']}.tmp"
    try:
        # One key: the order of several is not defined, and the bytes must be.
        save_file(held, temporary, metadata={"ruminate": json.dumps(meta, sort_keys=True)})
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        sha256 = sha256_of(temporary)
        path = folder / f"{sha256}.safetensors"
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return {"path": str(path), "sha256": sha256, "bytes": path.stat().st_size}


def checked(given: Fields, expected: dict) -> tuple[Path, dict, str]:
    """A file of ours, verified: its SHA-256, and what `about` says of it. Its path, what it says of itself, and its SHA-256."""
    from safetensors import SafetensorError, safe_open

    path, sha256 = Path(given.text("path")), given.text("sha256")
    given.take("bytes", None)
    given.done()
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    got = sha256_of(path)
    if got != sha256:
        raise DataError(f"{path}: expected SHA-256 {sha256}, got {got}")
    try:
        with safe_open(path, framework="pt") as file:
            meta = json.loads((file.metadata() or {}).get("ruminate", "{}"))
    except (SafetensorError, ValueError) as error:
        raise DataError(f"{path} is no readable safetensors file: {error}") from error
    for key, value in json.loads(json.dumps(expected)).items():
        if meta.get(key) != value:
            raise DataError(f"{path}: expected {key} {json.dumps(value)}, got {json.dumps(meta.get(key))}: it belongs to another model or adapter")
    return path, meta, sha256


def read(model: Model, given: Fields, kind: str) -> tuple[dict[str, torch.Tensor], dict, str]:
    """A file of this model's, verified to the names and shapes of its tensors."""
    from safetensors.torch import load_file

    path, meta, sha256 = checked(given, about(model.base, model.adaptation, kind))
    tensors = load_file(path)
    prefixes = ("",) if kind == "weights" else ("first/", "second/")
    shapes = {f"{prefix}{name}": p.shape for name, p in model.trainable.items() for prefix in prefixes}
    for name, shape in shapes.items():
        if name not in tensors or tensors[name].shape != shape or tensors[name].dtype != torch.float32:
            raise DataError(f"{path}: expected {name} of shape {list(shape)} in float32, got {list(getattr(tensors.get(name), 'shape', []))}")
    if len(tensors) != len(shapes):
        raise DataError(f"{path}: tensors that this model does not have: {', '.join(sorted(set(tensors) - set(shapes))[:3])}")
    return tensors, meta, sha256


def load(trainer: Trainer, weights: dict[str, torch.Tensor], optimizer: tuple[dict[str, torch.Tensor], dict, str] | None) -> None:
    """Everything was verified before this changes anything. Without `optimizer`, moments and steps begin at zero."""
    put(trainer.model, weights)
    trainer.drop_gradients()
    trainer.steps = optimizer[1]["steps"] if optimizer else 0
    if optimizer is None:
        trainer.forget_moments()
        return
    for prefix, moments in (("first/", trainer.first), ("second/", trainer.second)):
        for name, tensor in moments.items():
            local(tensor).copy_(share(optimizer[0][f"{prefix}{name}"], tensor))


@torch.no_grad()
def put(model: Model, weights: dict[str, torch.Tensor]) -> None:
    for name, parameter in model.trainable.items():
        local(parameter).copy_(share(weights[name], parameter))
