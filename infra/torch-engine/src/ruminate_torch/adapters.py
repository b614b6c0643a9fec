"""What of a model trains, as a load asks for it and as every state says it."""

from __future__ import annotations

from .fields import Fields

# The language model's matrices, by their names in a layer.
MATRICES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def adaptation_of(adapter: Fields) -> tuple[dict, int]:
    """`{type: full | none}`, or `{type: lora, rank, alpha, dropout, targets}`; and the seed of a LoRA's first weights."""
    kind = adapter.choice("type", ("lora", "full", "none"))
    if kind != "lora":
        adapter.done()
        return {"type": kind}, 0
    rank, alpha = adapter.integer("rank", 1, 1024), adapter.number("alpha", 0)
    dropout, seed = adapter.number("dropout", 0, 1, 0), adapter.integer("seed", 0, 2**32 - 1, 0)
    targets = rf".*language_model.*\.({'|'.join(adapter.items('targets', MATRICES))})"
    adapter.done()
    return {"type": "lora", "rank": rank, "alpha": alpha, "dropout": dropout, "targets": targets}, seed
