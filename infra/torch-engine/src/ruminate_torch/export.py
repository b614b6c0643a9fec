"""
A checkpoint as a folder that other programs load: a LoRA in PEFT's form (adapter_config.json, adapter_model.safetensors),
a full model in transformers' (config.json, model.safetensors). Tokenizer, chat template and picture settings stand beside
either, as they were in the model's folder. The weights of the model underneath are not read: on the device `meta` it has
its shape alone.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import torch

from . import families, state, tiny
from .devices import device_of
from .errors import BugError, DataError, UserError
from .fields import Fields
from .model import DTYPES, Model, drawn, load_folder
from .ranks import Ranks

# What shapes a conversation, of those that a model's folder may hold.
BESIDE = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"),
    *("chat_template.jinja", "chat_template.json"),
    *("preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"),
)
# PEFT's name.
ADAPTER_WEIGHTS = "adapter_model.safetensors"
# A model that is nowhere in a folder yet goes beside the adapter that needs it.
BASE = "base"


def export(given: Fields, say) -> dict:
    """`folder`: where to write, with nothing of ours in it; `place`: where that folder will be."""
    source, adapter, weights = given.inner("model"), given.inner("adapter"), given.inner("weights")
    folder, place = Path(given.text("folder")), Path(given.text("place"))
    dtype, device = given.choice("dtype", tuple(DTYPES)), given.choice("device", ("cpu", "cuda"))
    given.done()
    folder.mkdir(parents=True, exist_ok=True)
    with folder_of(source) as (base, seed):
        asked = Fields({"adapter": adapter.value, "dtype": dtype}, given.where)
        shape = load_folder(base, seed, asked, torch.device("meta"), say, Ranks())
        tensors = read(shape, weights)
        say("writing", 0, 1)
        copy(base, folder, BESIDE)
        if shape.adaptation["type"] == "full":
            names = write_model(shape, tensors, folder)
            named = None
        else:
            named = str(base if source.value["type"] == "folder" else place / BASE)
            names = write_adapter(shape, Path(weights.text("path")), named, folder)
            if source.value["type"] != "folder":
                write_base(base, seed, DTYPES[dtype], device, folder / BASE)
    return {"weights": names, "base": shape.base, "baseModel": named, "family": shape.core.config.model_type}


@contextmanager
def folder_of(source: Fields) -> Iterator[tuple[Path, int | None]]:
    """A model's folder, and the seed of its weights where they are drawn."""
    kind = source.choice("type", ("folder", "random", "tiny"))
    if kind != "tiny":
        yield Path(source.text("path")), source.integer("seed", 0, 2**32 - 1) if kind == "random" else None
        return
    with tempfile.TemporaryDirectory(prefix="ruminate-tiny-") as own:
        tiny.write(Path(own), source.choice("family", tiny.FAMILIES), source.integer("seed", 0, 2**32 - 1))
        yield Path(own), None


def read(shape: Model, weights: Fields) -> dict[str, torch.Tensor]:
    try:
        return state.read(shape, weights, "weights")[0]
    except DataError as error:
        # The store has given the checkpoint's very bytes.
        raise UserError(f"the model underneath is not the one that the run began with: {error}", "put its folder back as it was") from error


def write_adapter(shape: Model, file: Path, named: str, folder: Path) -> list[str]:
    """The checkpoint's own file, byte for byte: it has PEFT's names already. PEFT writes what it says of it."""
    config = shape.core.peft_config["default"]
    config.base_model_name_or_path, config.inference_mode = named, True
    own = type(shape.core)
    config.save_pretrained(folder, auto_mapping_dict={"base_model_class": own.__name__, "parent_library": own.__module__})
    shutil.copyfile(file, folder / ADAPTER_WEIGHTS)
    return [ADAPTER_WEIGHTS]


def write_model(shape: Model, tensors: dict[str, torch.Tensor], folder: Path) -> list[str]:
    """As transformers writes it: under the names of the family's own files, in parts where it is large."""
    core = shape.core
    core.load_state_dict(tensors, strict=False, assign=True)
    core.tie_weights()
    empty = [name for name, parameter in core.named_parameters() if parameter.is_meta]
    if empty:
        raise BugError(f"the checkpoint has no {', '.join(empty[:3])}")
    core.save_pretrained(folder)
    return [file.name for file in families.weight_files(folder)]


def write_base(base: Path, seed: int | None, dtype: torch.dtype, device: str, folder: Path) -> None:
    """The weights that the run began with: copied, or drawn again as they were drawn there."""
    folder.mkdir()
    if seed is None:
        copy(base, folder, tuple(file.name for file in base.iterdir()))
        return
    from transformers import AutoConfig

    core = drawn(AutoConfig.from_pretrained(base, local_files_only=True), seed, dtype, device_of(device))
    core.save_pretrained(folder)
    copy(base, folder, BESIDE)


def copy(source: Path, folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
