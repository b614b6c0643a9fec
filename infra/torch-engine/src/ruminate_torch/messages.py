"""The next message of a conversation: how it is asked for, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from .codec import Codec
from .errors import TooLong
from .fields import Fields

# A token writes at least one byte, but for the few that write nothing.
SPARE_TOKENS = 8


@dataclass(frozen=True)
class Options:
    greedy: bool
    temperature: float
    top_p: float
    max_tokens: int
    stop: list[str]


def read_options(given: Fields) -> Options:
    return Options(
        greedy=given.flag("greedy"),
        temperature=given.number("temperature", 1e-4, 100, 1.0),
        top_p=given.number("topP", 1e-6, 1, 1.0),
        max_tokens=given.integer("maxTokens", 1, 2**20),
        stop=[str(text) for text in given.items("stop", []) if text],
    )


def stops(codec: Codec, options: Options, tokens: list[int]) -> bool:
    """Whether the last tokens have just written one of the texts that end a message."""
    if not options.stop or not tokens:
        return False
    longest = max(len(text.encode()) for text in options.stop)
    tail = codec.tokenizer.decode(tokens[-(longest + SPARE_TOKENS) :])
    return any(text in tail for text in options.stop)


def message(codec: Codec, options: Options, ends: set[int], forced: list[int], new: list[int], log_probs: list[float], prompt_tokens: int) -> dict:
    """
    One message, up to where it ends: what a row got after that is left out. `forced`: the tokens of a beginning that the
    policy did not choose; `prompt_tokens`: of the conversation before them.
    """
    decode = codec.tokenizer.decode
    length, finish = len(new), "length"
    for at in range(len(new)):
        if new[at] in ends:
            length, finish = at + 1, "end"
            break
        if stops(codec, options, new[: at + 1]):
            length, finish = at + 1, "stop"
            break
    tokens = forced + new[:length]
    return {
        "tokens": tokens,
        "logProbs": [0.0] * len(forced) + log_probs[:length],
        "mask": [0] * len(forced) + [1] * length,
        "text": decode(tokens, skip_special_tokens=True),
        "texts": [decode([token]) for token in tokens],
        "finish": finish,
        "promptTokens": prompt_tokens,
    }


def outgrown(codec: Codec, options: Options, error: TooLong) -> dict:
    """An empty message, for which there was no room, and why."""
    empty = {"tokens": [], "logProbs": [], "mask": [], "text": "", "texts": []}
    return empty | {"finish": "context", "promptTokens": error.tokens - options.max_tokens - codec.closing, "why": str(error)}


def ends_of(tokenizer, generation_config) -> list[int]:
    """Tokens that end a message: the tokenizer's own, and those that the model's folder names."""
    own = generation_config.eos_token_id if generation_config else None
    return sorted({tokenizer.eos_token_id, *(own if isinstance(own, list) else [] if own is None else [own])})
