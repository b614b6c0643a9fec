"""A loaded model: the network, its codec and pictures, and which of its weights train."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from . import families, tiny
from .adapters import adaptation_of
from .batch import Batch, Prepared, collate
from .devices import device_of
from .fields import Fields
from .messages import ends_of
from .ranks import Ranks
from .reader import Reader, reader_of
from .shards import shard, through

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(kw_only=True)
class Model(Reader):
    """
    `core` computes; with a LoRA its adapters sit inside. `trainable`: what the optimizer moves, by the names that files
    use; always float32, so that a small step is not lost to rounding. `adaptation` and `base` go into every state.
    """

    core: torch.nn.Module
    trainable: dict[str, torch.nn.Parameter]
    adaptation: dict
    base: str
    device: torch.device
    dtype: torch.dtype
    ranks: Ranks

    def batch(self, rows: list[Prepared], left: bool = False) -> Batch:
        return collate(rows, self.codec.tokenizer.pad_token_id, self.codec.image, self.device, left)

    def computing(self):
        """bf16 computes in bf16 where that is safe, over weights of float32; fp32 is left alone. Sharded, no cast is kept: it would be whole."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype == torch.bfloat16, cache_enabled=self.ranks.count == 1)

    def log_probs(self, batch: Batch) -> torch.Tensor:
        """log π of every token with mask 1, at temperature 1, row after row: [N]. The head sees those positions alone."""
        return through(self.core, self.ranks, lambda: self.chosen(batch))

    def chosen(self, batch: Batch) -> torch.Tensor:
        with self.computing():
            hidden_BTD = self.core.model(**batch.inputs, use_cache=False).last_hidden_state
            chosen_BT = batch.mask_BT[:, 1:]
            logits_NV = self.sayable(self.core.lm_head(hidden_BTD[:, :-1][chosen_BT]).float())
        tokens_N = batch.inputs["input_ids"][:, 1:][chosen_BT]
        return logits_NV.gather(-1, tokens_N[:, None])[:, 0] - logits_NV.logsumexp(-1)

    def sayable(self, logits_NV: torch.Tensor) -> torch.Tensor:
        """Without what no message may hold."""
        return logits_NV.index_fill(-1, torch.tensor(self.codec.unsayable, device=logits_NV.device), -torch.inf)


def load(given: Fields, say, ranks: Ranks) -> Model:
    source = given.inner("model")
    kind = source.choice("type", ("folder", "random", "tiny"))
    device = device_of(given.choice("device", ("cpu", "cuda"), "cpu"), rank=ranks.rank if ranks.count > 1 else None)
    if kind == "tiny":
        family, seed = source.choice("family", tiny.FAMILIES), source.integer("seed", 0, 2**32 - 1)
        source.done()
        with tempfile.TemporaryDirectory(prefix="ruminate-tiny-") as own:
            # Among several ranks transformers lets the first alone write.
            folder = Path(ranks.first(lambda: own))
            ranks.first(lambda: tiny.write(folder, family, seed))
            loaded = load_folder(folder, None, given, device, say, ranks)
            # The folder stays until every rank has read it.
            ranks.gathered(None)
            return loaded
    folder = Path(source.text("path"))
    seed = source.integer("seed", 0, 2**32 - 1) if kind == "random" else None
    source.done()
    return load_folder(folder, seed, given, device, say, ranks)


def load_folder(folder: Path, seed: int | None, given: Fields, device: torch.device, say, ranks: Ranks) -> Model:
    """
    `seed`: draws the weights in place of reading them (what a size costs, before its gigabytes are there). On the device
    `meta` neither is done: the model has its names, shapes and identity, and no numbers.
    """
    from transformers import AutoConfig

    dtype = DTYPES[given.choice("dtype", tuple(DTYPES), "fp32")]
    checkpointing = given.flag("gradientCheckpointing", False)
    adapter = given.inner("adapter")
    files = families.checked_folder(folder, weights=seed is None)
    described = families.read_json(folder / "config.json")
    cls = families.model_class(str(described.get("model_type")))
    say("reading the model", 0, 3)
    base = families.identity(described, files, seed)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    say("reading the model", 1, 3)
    if seed is None and device.type != "meta":
        core = cls.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=dtype)
    else:
        core = drawn(config, seed or 0, dtype, device)
    say("reading the model", 2, 3)
    # Sharded, each layer goes to the device by itself, and an N-th of it stays.
    core.to(device if ranks.count == 1 else core.device).requires_grad_(False)
    reader = reader_of(folder, config, given)
    given.done()
    core, trainable, adaptation = adapted(core, adapter)
    if checkpointing:
        core.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    if ranks.count > 1:
        trainable = shard(core, trainable, ranks, device)
    neutral_generation(core, reader.codec.tokenizer)
    return Model(
        codec=reader.codec,
        image_processor=reader.image_processor,
        core=core.eval(),
        trainable=trainable,
        adaptation=adaptation,
        base=base,
        device=device,
        dtype=dtype,
        ranks=ranks,
    )


def drawn(config, seed: int, dtype: torch.dtype, device: torch.device) -> torch.nn.Module:
    """A model of random weights. They follow from the seed on one kind of device and in one precision."""
    torch.manual_seed(seed)
    with torch.device(device):
        return families.model_class(config.model_type)._from_config(config, dtype=dtype)


def adapted(core: torch.nn.Module, adapter: Fields) -> tuple[torch.nn.Module, dict, dict]:
    """
    Full: every weight trains. LoRA (Hu et al. 2021): adapters on the language model's matrices, nothing else moves. None:
    nothing does.
    """
    adaptation, seed = adaptation_of(adapter)
    if adaptation["type"] == "none":
        return core, {}, adaptation
    if adaptation["type"] == "full":
        core.float().requires_grad_(True)
        return core, dict(core.named_parameters()), adaptation
    from peft import LoraConfig, get_peft_model

    config = LoraConfig(
        r=adaptation["rank"],
        lora_alpha=adaptation["alpha"],
        lora_dropout=adaptation["dropout"],
        target_modules=adaptation["targets"],
    )
    torch.manual_seed(seed)
    wrapped = get_peft_model(core, config)
    # As PEFT's own files name them, so that a saved state is an adapter that PEFT reads.
    trainable = {name.replace(".default.", "."): p for name, p in wrapped.named_parameters() if p.requires_grad}
    for parameter in trainable.values():
        parameter.data = parameter.data.float()
    return wrapped.get_base_model(), trainable, adaptation


def neutral_generation(core: torch.nn.Module, tokenizer) -> None:
    """A model's folder may ask for penalties and temperatures of its own: the policy is the model, not those."""
    from transformers import GenerationConfig

    ends = ends_of(tokenizer, core.generation_config)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = tokenizer.eos_token_id
    core.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=ends, pad_token_id=tokenizer.pad_token_id, use_cache=True
    )


def described(model: Model) -> dict:
    """What `load` answers."""
    vision = model.core.config.vision_config
    return {
        "family": model.core.config.model_type,
        "base": model.base,
        "adaptation": json.loads(json.dumps(model.adaptation)),
        "parameters": sum(p.numel() for p in model.core.parameters()),
        "trainable": sum(p.numel() for p in model.trainable.values()),
        "contextTokens": model.codec.context_tokens,
        "pixelsPerTokenSide": vision.patch_size * vision.spatial_merge_size,
        "device": model.device.type,
        "dtype": "bf16" if model.dtype == torch.bfloat16 else "fp32",
        "ranks": model.ranks.gathered(os.getpid()),
    }
