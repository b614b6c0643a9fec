"""Gradients of an update, and the optimizer's step. N: tokens with mask 1 of a micro-batch; D: of the whole update."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from .batch import Prepared
from .errors import BugError
from .model import Model
from .objectives import Grpo, grpo, sft


@dataclass(frozen=True)
class Sequence:
    prepared: Prepared
    advantage: float
    # log π_ref of its tokens with mask 1, or None where no KL is asked for.
    reference_N: list[float] | None


@dataclass
class Trainer:
    """
    AdamW (Loshchilov & Hutter 2019) over the model's trainable weights; those with one dimension and embeddings do not
    decay. `calls`: forwardBackward calls whose gradients are held for the next step.
    """

    model: Model
    steps: int = 0
    calls: int = 0
    first: dict[str, torch.Tensor] = field(default_factory=dict)
    second: dict[str, torch.Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.first:
            self.first = {name: torch.zeros_like(p) for name, p in self.model.trainable.items()}
            self.second = {name: torch.zeros_like(p) for name, p in self.model.trainable.items()}

    def drop_gradients(self) -> None:
        self.calls = 0
        for parameter in self.model.trainable.values():
            parameter.grad = None

    def forward_backward(
        self, sequences: list[Sequence], objective: Grpo | None, micro_batch: int, token_count: int | None, seed: int, say
    ) -> dict:
        """
        Adds the gradients of these sequences, in their order, `micro_batch` at a time. All or nothing: whatever fails,
        or is cancelled, leaves the step without any gradients.
        """
        if not self.model.trainable:
            raise BugError("this model was loaded with adapter none: nothing of it trains")
        tokens = [sum(s.prepared.encoded.mask_T) for s in sequences]
        total = sum(tokens)
        if total == 0:
            raise BugError("no token of these sequences has mask 1: there is nothing to learn from")
        sums = {"loss": 0.0}
        self.model.core.train()
        try:
            for start in range(0, len(sequences), micro_batch):
                say("training", start, len(sequences))
                part = sequences[start : start + micro_batch]
                # Of what a model may draw while it trains: a LoRA's dropout. Named by place, so nothing need be saved.
                torch.manual_seed((seed * 1_000_003 + self.calls * 7919 + start) % 2**63)
                loss, stats = self.micro_batch(part, tokens[start : start + micro_batch], objective, token_count or total)
                loss.backward()
                for name, value in stats.items():
                    known = sums.get(name, 0.0)
                    sums[name] = max(known, value) if name == "largestLogRatio" else known + value
        except BaseException:
            self.drop_gradients()
            raise
        finally:
            self.model.core.eval()
        self.calls += 1
        return {**sums, "tokens": total, "calls": self.calls}

    def micro_batch(self, part: list[Sequence], tokens: list[int], objective: Grpo | None, token_count: int):
        batch = self.model.batch([s.prepared for s in part])
        log_probs_N = self.model.log_probs(batch)
        if objective is None:
            loss = sft(log_probs_N, token_count)
            return loss, {"loss": loss.item()}
        device = self.model.device
        old_N = torch.tensor([x for s in part for x in sampled(s)], device=device)
        advantages_N = torch.tensor([s.advantage for s, n in zip(part, tokens) for _ in range(n)], device=device)
        reference_N = None
        if objective.kl > 0:
            reference_N = torch.tensor([x for s in part for x in referred(s)], device=device)
        loss, stats = grpo(log_probs_N, old_N, reference_N, advantages_N, objective, token_count)
        return loss, {"loss": loss.item(), **stats}

    def step(self, lr: float, betas: tuple[float, float], eps: float, weight_decay: float, clip_norm: float, calls: int) -> dict:
        """One optimizer step. `calls`: how many forwardBackward calls the caller believes this step to consist of."""
        if calls != self.calls or calls == 0:
            raise BugError(f"expected the gradients of {calls} forwardBackward calls, there are those of {self.calls}")
        trainable = self.model.trainable
        for parameter in trainable.values():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        norm = float(torch.stack([p.grad.double().pow(2).sum() for p in trainable.values()]).sum().sqrt())
        if norm != norm or norm == float("inf"):
            self.refuse_bad_gradients()
        factor = min(1.0, clip_norm / (norm + 1e-6)) if clip_norm > 0 else 1.0
        self.steps += 1
        with torch.no_grad():
            for name, parameter in trainable.items():
                decays = parameter.ndim > 1 and "embed" not in name
                self.move(name, parameter, parameter.grad * factor, lr, betas, eps, weight_decay if decays else 0.0)
        self.drop_gradients()
        weight_norm = float(torch.stack([p.detach().double().pow(2).sum() for p in trainable.values()]).sum().sqrt())
        return {"gradNorm": norm, "weightNorm": weight_norm, "steps": self.steps}

    def move(self, name, parameter, gradient, lr, betas, eps, weight_decay) -> None:
        """w ← w − lr·(m̂/(√v̂ + ε) + decay·w), as engine/optim/optimizer-graph.ts has it."""
        m, v = self.first[name], self.second[name]
        m.mul_(betas[0]).add_(gradient, alpha=1 - betas[0])
        v.mul_(betas[1]).addcmul_(gradient, gradient, value=1 - betas[1])
        step = (m / (1 - betas[0] ** self.steps)).div_((v / (1 - betas[1] ** self.steps)).sqrt_().add_(eps))
        parameter.sub_(step.add_(parameter, alpha=weight_decay), alpha=lr)

    def refuse_bad_gradients(self) -> None:
        bad = next((n for n, p in self.model.trainable.items() if not torch.isfinite(p.grad).all()), "their norm")
        self.drop_gradients()
        raise BugError(
            f"the gradients are not finite, first that of {bad}. The step was not taken.",
            "a lower learning rate is the usual remedy; so is dtype fp32",
        )


def sampled(sequence: Sequence) -> list[float]:
    old = sequence.prepared.encoded.old_N
    if old is None:
        raise BugError("grpo needs messages as they were sampled (tokens, mask, logProbs), got a demonstration's text")
    return old


def referred(sequence: Sequence) -> list[float]:
    reference, expected = sequence.reference_N, sum(sequence.prepared.encoded.mask_T)
    if reference is None or len(reference) != expected:
        got = "none" if reference is None else str(len(reference))
        raise BugError(f"kl > 0 needs referenceLogProbs for each of {expected} tokens with mask 1, got {got}")
    return reference
