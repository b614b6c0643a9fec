"""
The objectives of domain/objective, token for token: that is where the arithmetic is defined, and a test holds the two
together on random inputs.

N: tokens with mask 1, those of a micro-batch in a row. D: those of the whole update, so that micro-batches add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Grpo:
    clip_low: float
    clip_high: float
    kl: float


def sft(log_probs_N: torch.Tensor, token_count: int) -> torch.Tensor:
    """−1/D · Σ log π (domain/objective/sft.ts)."""
    return -log_probs_N.sum() / token_count


def grpo(
    log_probs_N: torch.Tensor,
    old_N: torch.Tensor,
    reference_N: torch.Tensor | None,
    advantages_N: torch.Tensor,
    objective: Grpo,
    token_count: int,
) -> tuple[torch.Tensor, dict[str, float]]:
    """
    Clipped surrogate plus k3 KL (domain/objective/grpo.ts): the loss of these tokens' share, and what was measured.

    `old_N` is what the sampler said of its own tokens, so the ratio corrects for whatever sampler and trainer compute
    differently. `reference_N` may be None where the objective's kl is 0.
    """
    log_ratio = log_probs_N - old_N
    ratio = log_ratio.exp()
    bounded = ratio.clamp(1 - objective.clip_low, 1 + objective.clip_high)
    policy_loss = -torch.minimum(ratio * advantages_N, bounded * advantages_N).sum() / token_count
    loss, kl = policy_loss, None
    if reference_N is not None:
        to_reference = reference_N - log_probs_N
        kl = (to_reference.exp() - to_reference - 1).sum() / token_count
        loss = policy_loss + objective.kl * kl
    return loss, {
        "policyLoss": policy_loss.item(),
        "kl": 0.0 if kl is None else kl.item(),
        "clipped": (bounded != ratio).sum().item() / token_count,
        "largestLogRatio": log_ratio.abs().max().item() if len(log_ratio) else 0.0,
        "meanLogRatio": log_ratio.abs().sum().item() / token_count,
        # k3 of KL(sampler ‖ trainer), by the sampler's own tokens: about log_ratio²/2, which float32 would round to 0.
        "samplerKl": k3(log_ratio.detach().double()).sum().item() / token_count,
    }


def k3(log_ratio: torch.Tensor) -> torch.Tensor:
    """r − log r − 1 (Schulman 2020), of log r."""
    return torch.expm1(log_ratio) - log_ratio
