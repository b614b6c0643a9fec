"""
One model over several ranks: FSDP2 (`fully_shard`; Zhao et al. 2023). Each rank keeps an N-th of every weight, gradient
and moment; a layer's weights are gathered while it computes. Gradients are summed, as the objective has divided already.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import MethodType
from typing import Callable, Iterator

import torch

from .ranks import Ranks


def shard(core: torch.nn.Module, trainable: dict, ranks: Ranks, device: torch.device) -> dict:
    """Shards every layer of the language model, every block of the vision tower, then the rest; returns `trainable` anew."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    at = {id(p): (module, key) for module in core.modules() for key, p in module.named_parameters(recurse=False)}
    places = {name: at[id(p)] for name, p in trainable.items()}
    mesh = init_device_mesh(device.type, (ranks.count,))
    core.compute = MethodType(lambda _, run: run(), core)
    for unit in units_of(core):
        fully_shard(unit, mesh=mesh)
        unit.set_gradient_divide_factor(1.0)
        # A plain sum: gloo has no other.
        unit.set_force_sum_reduction_for_comms(True)
    register_fsdp_forward_method(core, "compute")
    return {name: getattr(module, key) for name, (module, key) in places.items()}


def through(core: torch.nn.Module, ranks: Ranks, run: Callable):
    """Runs what uses parts of the network without its `forward`; sharded, the weights outside its layers are gathered."""
    return run() if ranks.count == 1 else core.compute(run)


@contextmanager
def inference(core: torch.nn.Module, ranks: Ranks, whole: bool = False) -> Iterator[None]:
    """
    Computes without gradients. `whole`: every rank has all weights until the end, for what runs through the network many
    times. Afterwards every weight is in shards again, so that none computes on with what it was.
    """
    if ranks.count == 1:
        with torch.inference_mode():
            yield
        return
    units = units_of(core)
    if whole:
        core.set_reshard_after_forward(False)
        core.compute(lambda: None)
        for unit in units:
            unit.unshard()
    try:
        # Not inference mode: FSDP computes with the same buffers when it trains, and those may not be inference tensors.
        with torch.no_grad():
            yield
    finally:
        for unit in units:
            unit.reshard()
        if whole:
            core.set_reshard_after_forward(True)
            # The weights outside the layers are needed last and first: not to be gathered twice.
            core.set_reshard_after_forward(False, recurse=False)


def units_of(core: torch.nn.Module) -> list:
    """What is gathered at once: a layer, a block, and all the rest."""
    return [*core.model.language_model.layers, *core.model.visual.blocks, core]


def local(tensor: torch.Tensor) -> torch.Tensor:
    """This rank's share, in place."""
    return tensor.to_local() if is_sharded(tensor) else tensor


def full(tensor: torch.Tensor) -> torch.Tensor:
    """All ranks' shares together; every rank must ask."""
    return tensor.full_tensor() if is_sharded(tensor) else tensor


def share(whole: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The share of a whole tensor that this rank has of `like`."""
    if not is_sharded(like):
        return whole
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(whole.to(like.device), like.device_mesh, like.placements, src_data_rank=None).to_local()


def is_sharded(tensor: torch.Tensor) -> bool:
    return hasattr(tensor, "full_tensor")
