"""Gradients of an update, and the optimizer's step. N: tokens with mask 1 of a micro-batch; D: of the whole update."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch

from .batch import Prepared
from .errors import BugError
from .model import Model
from .objectives import Grpo, grpo, sft
from .ranks import Ranks
from .shards import local


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

    # Made when they are first needed: a process that only samples has none.
    @cached_property
    def first(self) -> dict[str, torch.Tensor]:
        return {name: torch.zeros_like(p) for name, p in self.model.trainable.items()}

    @cached_property
    def second(self) -> dict[str, torch.Tensor]:
        return {name: torch.zeros_like(p) for name, p in self.model.trainable.items()}

    def forget_moments(self) -> None:
        self.__dict__.pop("first", None)
        self.__dict__.pop("second", None)

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
        ranks, starts = self.model.ranks, range(0, len(sequences), micro_batch)
        each: list[dict[str, float]] = []
        self.model.core.train()
        try:
            # Micro-batch i is computed by rank i mod N, whatever their speed: the order of all sums is fixed.
            for at in range(0, len(starts), ranks.count):
                rounds = starts[at : at + ranks.count]
                say("training", rounds[0], len(sequences))
                start = rounds[min(ranks.rank, len(rounds) - 1)]
                part = share_of([sequences[s : s + micro_batch] for s in rounds], ranks)
                # Of what a model may draw while it trains: a LoRA's dropout. Named by place, so nothing need be saved.
                torch.manual_seed((seed * 1_000_003 + self.calls * 7919 + start) % 2**63)
                loss, stats = self.micro_batch(part, objective, token_count or total)
                loss.backward()
                each.append(stats)
            sums = summed(ranks.gathered(each))
        except BaseException:
            self.drop_gradients()
            raise
        finally:
            self.model.core.eval()
        self.calls += 1
        return {**sums, "tokens": total, "calls": self.calls}

    def micro_batch(self, part: list[Sequence], objective: Grpo | None, token_count: int):
        batch = self.model.batch([s.prepared for s in part])
        log_probs_N = self.model.log_probs(batch)
        if objective is None:
            loss = sft(log_probs_N, token_count)
            return loss, {"loss": loss.item()}
        device = self.model.device
        old_N = torch.tensor([x for s in part for x in sampled(s)], device=device)
        advantages_N = torch.tensor([s.advantage for s in part for _ in range(sum(s.prepared.encoded.mask_T))], device=device)
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
        norm = self.norm([p.grad for p in trainable.values()])
        if norm != norm or norm == float("inf"):
            self.refuse_bad_gradients()
        factor = min(1.0, clip_norm / (norm + 1e-6)) if clip_norm > 0 else 1.0
        self.steps += 1
        with torch.no_grad():
            for name, parameter in trainable.items():
                decays = parameter.ndim > 1 and "embed" not in name
                self.move(name, local(parameter), local(parameter.grad) * factor, lr, betas, eps, weight_decay if decays else 0.0)
        self.drop_gradients()
        weight_norm = self.norm([p.detach() for p in trainable.values()])
        return {"gradNorm": norm, "weightNorm": weight_norm, "steps": self.steps}

    def norm(self, tensors: list[torch.Tensor]) -> float:
        """Of all of them together, over all shards."""
        return float(self.model.ranks.sum(torch.stack([local(t).double().pow(2).sum() for t in tensors]).sum()).sqrt())

    def move(self, name, parameter, gradient, lr, betas, eps, weight_decay) -> None:
        """w ← w − lr·(m̂/(√v̂ + ε) + decay·w), as engine/optim/optimizer-graph.ts has it."""
        m, v = local(self.first[name]), local(self.second[name])
        m.mul_(betas[0]).add_(gradient, alpha=1 - betas[0])
        v.mul_(betas[1]).addcmul_(gradient, gradient, value=1 - betas[1])
        step = (m / (1 - betas[0] ** self.steps)).div_((v / (1 - betas[1] ** self.steps)).sqrt_().add_(eps))
        parameter.sub_(step.add_(parameter, alpha=weight_decay), alpha=lr)

    def refuse_bad_gradients(self) -> None:
        bad_here = {n for n, p in self.model.trainable.items() if not torch.isfinite(local(p.grad)).all()}
        spoiled = set().union(*self.model.ranks.gathered(bad_here))
        bad = next((n for n in self.model.trainable if n in spoiled), "their norm")
        self.drop_gradients()
        raise BugError(
            f"the gradients are not finite, first that of {bad}. The step was not taken.",
            "a lower learning rate is the usual remedy; so is dtype fp32",
        )


def share_of(parts: list[list[Sequence]], ranks: Ranks) -> list[Sequence]:
    """
    What this rank computes of a round of micro-batches, one for each rank. Ranks gather layers together, so each must
    pass through the same ones: a rank without a micro-batch, or without pictures where another has some, is given the
    shortest conversation that has what it lacks as ballast, of which nothing is learnt.
    """
    part = parts[ranks.rank] if ranks.rank < len(parts) else []
    everyone = [sequence for each in parts for sequence in each]
    pictured = [sequence for sequence in everyone if sequence.prepared.patches_PC is not None]
    if part and (not pictured or any(sequence.prepared.patches_PC is not None for sequence in part)):
        return part
    shortest = min(pictured or everyone, key=lambda sequence: len(sequence.prepared.encoded.tokens_T))
    encoded = shortest.prepared.encoded
    unmasked = replace(encoded, mask_T=[0] * len(encoded.mask_T), old_N=[])
    return [*part, Sequence(replace(shortest.prepared, encoded=unmasked), 0.0, [])]


def summed(said: list[list[dict[str, float]]]) -> dict[str, float]:
    """Each rank's micro-batches, put together in the order of the micro-batches."""
    sums = {"loss": 0.0}
    for stats in (one for turn in zip(*said) for one in turn):
        for name, value in stats.items():
            known = sums.get(name, 0.0)
            sums[name] = max(known, value) if name == "largestLogRatio" else known + value
    return sums


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
