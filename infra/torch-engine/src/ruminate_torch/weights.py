"""
Whose weights the network holds. Every verb may name a weights file: the policy at a stage's start, a checkpoint that
samples while another trains. They take their place in the one network there is; those that train are kept beside
until training goes on, bit for bit.
"""

from __future__ import annotations

import torch

from . import state
from .fields import Fields
from .model import Model
from .shards import local

TRAINED = "trained"


class Weights:
    """`trained_sha`: the file that the training weights are equal to, or None once a step has moved them."""

    def __init__(self, model: Model):
        self.model, self.holds = model, TRAINED
        self.trained_sha: str | None = None
        self.kept: dict[str, torch.Tensor] | None = None

    def use(self, file: Fields | None) -> None:
        """The network computes with this file's weights from now on; None: with those that train."""
        if file is None:
            return self.use_trained()
        sha256 = file.text("sha256")
        if sha256 == self.holds or (sha256 == self.trained_sha and self.holds == TRAINED):
            return
        if sha256 == self.trained_sha:
            return self.use_trained()
        weights, _, _ = state.read(self.model, file, "weights")
        if self.holds == TRAINED:
            # On the CPU: the device may have no room for two.
            self.kept = {name: local(p.detach()).to("cpu", copy=True) for name, p in self.model.trainable.items()}
        state.put(self.model, weights)
        self.holds = sha256

    def use_trained(self) -> None:
        if self.holds == TRAINED:
            return
        with torch.no_grad():
            for name, parameter in self.model.trainable.items():
                local(parameter).copy_(self.kept[name])
        self.holds, self.kept = TRAINED, None

    def trained(self, sha256: str | None) -> None:
        """The training weights were saved to this file, read from it (they are in the network), or have moved (None)."""
        self.trained_sha = sha256
        self.holds, self.kept = TRAINED, None
