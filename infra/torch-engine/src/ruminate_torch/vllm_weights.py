"""
The weights that vLLM samples with, taken over by their file after every step of training: `holds` is the SHA-256 of the
one that it has, None for the model's own.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from .errors import BugError, UserError
from .fields import Fields

NORM = "model.language_model.norm.weight"
# vLLM makes room for adapters of one of these ranks.
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def room_for(adaptation: dict) -> dict:
    """What vLLM is told of adapters when it starts."""
    if adaptation["type"] != "lora":
        return {}
    rank = adaptation["rank"]
    if rank > RANKS[-1]:
        raise UserError(f"vLLM takes adapters of rank {RANKS[-1]} at most, got {rank}", "lower adapter.rank, or take sampler: { type: transformers }")
    return {"enable_lora": True, "max_loras": 1, "max_lora_rank": next(room for room in RANKS if room >= rank)}


class HandedOver:
    """@param base of the model, as every file of weights says it"""

    def __init__(self, engine, base: str, adaptation: dict):
        self.engine, self.base, self.adaptation = engine, base, adaptation
        self.holds: str | None = None
        self.adapters = 0

    def use(self, file: Fields | None) -> None:
        """Takes the weights of a state file over, verified; and asks vLLM whether it has them."""
        if file is None and self.holds is None:
            return
        if file is None:
            raise BugError("sample without weights after weights: a process of vLLM's does not go back to its folder's")
        if file.text("sha256") == self.holds:
            return
        from . import state

        path, _, sha256 = state.checked(file, state.about(self.base, self.adaptation, "weights"))
        # Whatever fails half-way: what is held is no longer what was asked for.
        self.holds = ""
        if self.adaptation["type"] == "lora":
            self.hand_over(path)
        else:
            self.overwrite(path)
        self.holds = sha256

    def hand_over(self, path: Path) -> None:
        """The adapters as the folder that PEFT would have written, under a number of their own."""
        self.adapters += 1
        with tempfile.TemporaryDirectory(prefix="ruminate-adapter-") as own:
            os.symlink(path, Path(own) / "adapter_model.safetensors")
            (Path(own) / "adapter_config.json").write_text(json.dumps(peft_config(self.adaptation)))
            added = self.engine.add_lora(self.adapter(own))
        if not added or self.adapters not in self.engine.list_loras():
            raise BugError(f"vLLM did not take the adapters of {path}")

    def adapter(self, folder: str = "handed-over"):
        from vllm.lora.request import LoRARequest

        return LoRARequest(f"adapters-{self.adapters}", self.adapters, folder) if self.adapters else None

    def overwrite(self, path: Path) -> None:
        """All weights, by vLLM's own way for those that train elsewhere: it packs them as it packed the first."""
        from safetensors import safe_open

        with safe_open(path, framework="pt") as file:
            self.engine.collective_rpc("reload_weights", kwargs={"weights_iterator": ((name, file.get_tensor(name)) for name in file.keys())})
            norm = file.get_tensor(NORM)
        # It only logs what it could not place. The last norm is never packed, and moves with every step.
        (has,) = self.engine.apply_model(lambda model: model.language_model.model.norm.weight.detach().cpu())
        if not has.equal(norm.to(has.dtype)):
            raise BugError(f"vLLM did not take the weights of {path}")
        # What was kept of earlier prompts and pictures was computed with other weights; adapters have numbers of their own.
        self.engine.reset_encoder_cache()
        if not self.engine.reset_prefix_cache():
            raise BugError("vLLM did not let go of what it kept of earlier prompts")


def peft_config(adaptation: dict) -> dict:
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": adaptation["rank"],
        "lora_alpha": adaptation["alpha"],
        "lora_dropout": 0,
        "target_modules": adaptation["targets"],
        "bias": "none",
    }
