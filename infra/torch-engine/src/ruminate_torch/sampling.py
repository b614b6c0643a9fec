"""The next message of each conversation. V: the vocabulary; B: rows drawn together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from .batch import Prepared
from .errors import TooLong
from .messages import Options, message, outgrown, stops
from .model import Model
from .shards import inference


@dataclass(frozen=True)
class Request:
    prompt: Prepared
    seed: int
    # Tokens at the prompt's end that the message begins with, not chosen by the policy: a forced final answer.
    forced: list[int]


def request(model: Model, prompt: Prepared, seed: int, forced: str, options: Options) -> Request | TooLong:
    """TooLong, which is not raised: others go on. There is no room for the prompt and the longest message."""
    ids = model.codec.ids(forced, special=False)
    longer = with_forced(prompt, ids)
    pictures = [] if prompt.grid_I3 is None else model.tokens_of(prompt.grid_I3)
    try:
        model.codec.refuse_long(longer.encoded.tokens_T, pictures, options.max_tokens)
    except TooLong as error:
        return error
    return Request(longer, seed, ids)


def uniforms(seed: int, count: int) -> np.ndarray:
    """The draws of one request, in [0, 1): Philox (Salmon et al. 2011) keyed by its seed, so no row knows of another."""
    raw = np.random.Philox(key=seed).random_raw(count)
    return (raw >> np.uint64(11)).astype(np.float64) * 2.0**-53


class Draw(LogitsProcessor):
    """
    Chooses each row's token by inverting its cumulative distribution at that row's own uniform, and leaves the choice
    as the only one possible. Keeps log π of it at temperature 1 over the whole vocabulary.
    """

    def __init__(self, model: Model, options: Options, seeds: list[int]):
        self.model, self.options, self.step = model, options, 0
        self.chosen_SB: list[torch.Tensor] = []
        self.log_probs_SB: list[torch.Tensor] = []
        self.uniforms_BS = torch.tensor(np.stack([uniforms(seed, options.max_tokens) for seed in seeds]), device=model.device)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        logits_BV = self.model.sayable(scores.float())
        chosen_B = logits_BV.argmax(-1) if self.options.greedy else self.drawn(logits_BV)
        log_probs_B = logits_BV.gather(-1, chosen_B[:, None])[:, 0] - logits_BV.logsumexp(-1)
        self.chosen_SB.append(chosen_B)
        self.log_probs_SB.append(log_probs_B)
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen_B[:, None], 0.0)

    def drawn(self, logits_BV: torch.Tensor) -> torch.Tensor:
        probs_BV = (logits_BV.double() / self.options.temperature).softmax(-1)
        if self.options.top_p < 1:
            probs_BV = nucleus(probs_BV, self.options.top_p)
        cumulated_BV = probs_BV.cumsum(-1)
        target_B1 = self.uniforms_BS[:, self.step, None] * cumulated_BV[:, -1:]
        chosen_B = (cumulated_BV <= target_B1).sum(-1)
        # What rounding leaves above the last token falls to the last that can be drawn.
        last_B = probs_BV.shape[-1] - 1 - (probs_BV > 0).flip(-1).int().argmax(-1)
        return torch.minimum(chosen_B, last_B)


def nucleus(probs_BV: torch.Tensor, top_p: float) -> torch.Tensor:
    """The fewest tokens that hold `top_p` (Holtzman et al. 2020), and those as probable as the least of them; others 0."""
    sorted_BV = probs_BV.sort(-1, descending=True).values
    inside_BV = sorted_BV.cumsum(-1) - sorted_BV < top_p
    least_B1 = sorted_BV.masked_fill(~inside_BV, 2).min(-1, keepdim=True).values
    return probs_BV.masked_fill(probs_BV < least_B1, 0)


class Stop(StoppingCriteria):
    """Ends a row whose message ends with one of the texts, and the whole batch when somebody asks for that."""

    def __init__(self, model: Model, options: Options, prompt_tokens: int, say):
        self.model, self.options, self.prompt_tokens, self.say = model, options, prompt_tokens, say

    def __call__(self, input_ids: torch.Tensor, scores, **_) -> torch.Tensor:
        self.say(input_ids.shape[1] - self.prompt_tokens)
        new_BS = input_ids[:, self.prompt_tokens :].tolist() if self.options.stop else [[]] * len(input_ids)
        return torch.tensor([stops(self.model.codec, self.options, new) for new in new_BS], device=input_ids.device)


def sample(model: Model, asked: list[Request | TooLong], options: Options, rows: int, say) -> list[dict]:
    """Messages in their order; of one that has no room an empty one that says why."""
    drawn = iter(draw_messages(model, [one for one in asked if isinstance(one, Request)], options, rows, say))
    return [next(drawn) if isinstance(one, Request) else outgrown(model.codec, options, one) for one in asked]


def draw_messages(model: Model, requests: list[Request], options: Options, rows: int, say) -> list[dict]:
    """`rows` at a time."""
    messages: list[dict] = []
    with inference(model.core, model.ranks, whole=True):
        for start in range(0, len(requests), rows):
            part = requests[start : start + rows]
            messages += sample_rows(model, part, options, lambda done: say("sampling", len(messages) + done / options.max_tokens, len(requests)))
    return messages


def sample_rows(model: Model, requests: list[Request], options: Options, say) -> list[dict]:
    inputs = model.batch([request.prompt for request in requests], left=True).inputs
    draw = Draw(model, options, [request.seed for request in requests])
    stop = Stop(model, options, inputs["input_ids"].shape[1], say)
    with model.computing():
        out_BT = model.core.generate(
            **inputs,
            max_new_tokens=options.max_tokens,
            logits_processor=LogitsProcessorList([draw]),
            stopping_criteria=StoppingCriteriaList([stop]),
        )
    new_BS = out_BT[:, inputs["input_ids"].shape[1] :].tolist()
    log_probs_BS = torch.stack(draw.log_probs_SB, 1).tolist()
    ends = set(model.core.generation_config.eos_token_id)
    return [
        message(model.codec, options, ends, request.forced, new, log_probs, len(request.prompt.encoded.tokens_T) - len(request.forced))
        for request, new, log_probs in zip(requests, new_BS, log_probs_BS)
    ]


def with_forced(prompt: Prepared, forced: list[int]) -> Prepared:
    encoded = prompt.encoded
    longer = replace(encoded, tokens_T=encoded.tokens_T + forced, mask_T=encoded.mask_T + [0] * len(forced))
    return replace(prompt, encoded=longer)
