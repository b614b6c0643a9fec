"""
A conversation as tokens and mask (worked example: docs/torch.md).

The chat template is rendered once, with a mark in place of everything that people, tools and the policy said. Between
the marks stands the template's own text, whose special tokens count; at the marks, what was said is put in:
- text, in which special tokens do NOT count: a video may show the letters `<|im_end|>`;
- the policy's messages as the very tokens that it sampled, never tokenized again.
So the prompt of a turn is, token for token, the start of what is trained on later, and nothing rewrites history.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .errors import BugError, TooLong, UserError
from .fields import Fields

ROLES = ("system", "user", "assistant", "tool")
# Private-use characters: no template writes them, and nothing said is ever rendered.
MARK = "\ue000{}\ue001"
MARKS = re.compile("\ue000(\\d+)\ue001")
IMAGE = "<|image_pad|>"
# What stands for pictures in a prompt. A policy cannot say it: the probability is 0, in sampling as in training.
UNSAYABLE = (IMAGE, "<|video_pad|>")


@dataclass(frozen=True)
class Said:
    """The policy's message: `tokens` as sampled, or a demonstration's `text`."""

    text: str | None = None
    tokens: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    learn: bool = True


@dataclass(frozen=True)
class Conversation:
    """`messages` as a template takes them, marks in place of text; `said[i]` belongs to mark i; pictures in order."""

    messages: list[dict]
    said: list[str | Said]
    pictures: list[Fields]


@dataclass(frozen=True)
class Encoded:
    """T tokens of one conversation. `mask_T` is 1 where the policy chose; `old_N` belongs to those N, or is None."""

    tokens_T: list[int]
    mask_T: list[int]
    old_N: list[float] | None
    pictures: list[Fields]


def read_conversation(given: Fields) -> Conversation:
    messages, said, pictures = [], [], []
    for message in given.each("messages"):
        role = message.choice("role", ROLES)
        if role == "assistant":
            messages.append({"role": role, "content": MARK.format(len(said))})
            said.append(read_said(message))
            message.done()
            continue
        parts = []
        for part in message.each("content"):
            if part.choice("type", ("text", "image")) == "text":
                parts.append({"type": "text", "text": MARK.format(len(said))})
                said.append(part.text("text"))
                part.done()
            else:
                parts.append({"type": "image"})
                pictures.append(Fields({key: value for key, value in part.value.items() if key != "type"}, part.where))
        message.done()
        # Templates of either kind write a lone text the same way; some take nothing but text from the system.
        content = parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts
        messages.append({"role": role, "content": content})
    given.done()
    if not messages:
        raise BugError(f"{given.where}.messages is empty")
    return Conversation(messages, said, pictures)


def read_said(message: Fields) -> Said:
    if "text" in message.value:
        return Said(text=message.text("text"), learn=message.flag("learn", True))
    tokens, mask, log_probs = message.numbers("tokens"), message.numbers("mask"), message.numbers("logProbs")
    if not len(tokens) == len(mask) == len(log_probs) or any(on not in (0, 1) for on in mask):
        raise BugError(f"{message.where}: expected tokens, mask (0 or 1) and logProbs of one length")
    return Said(tokens=tokens, mask=mask, log_probs=log_probs)


class Codec:
    """
    @param image_tokens how many tokens a picture takes, by (height, width) in pixels
    @param context_tokens the longest sequence that is let through
    """

    def __init__(self, tokenizer, template: str, context_tokens: int):
        self.tokenizer, self.template, self.context_tokens = tokenizer, template, context_tokens
        self.end = tokenizer.eos_token_id
        self.end_text = tokenizer.eos_token
        self.image = tokenizer.convert_tokens_to_ids(IMAGE)
        self.unsayable = [id for id in map(tokenizer.convert_tokens_to_ids, UNSAYABLE) if id is not None]
        one = [{"role": "user", "content": "?"}]
        bare, opened = self.render(one, False), self.render(one, True)
        self.opening = opened[len(bare) :] if opened.startswith(bare) else ""
        self.closing = len(self.ids(bare[bare.rfind(self.end_text) :], special=True))
        if not self.opening or self.image is None or self.end is None:
            raise UserError(
                "the chat template opens no assistant message, or the tokenizer lacks its tokens",
                "use the template and tokenizer of an Instruct model",
            )

    def encode(self, conversation: Conversation, picture_tokens: list[int], prompt: bool = False) -> Encoded:
        """`picture_tokens`: of each picture, in order. `prompt`: ends where the next assistant message begins."""
        tokens: list[int] = []
        mask: list[int] = []
        old: list[float] = []
        sampled, demonstrated = False, False
        sizes = iter(picture_tokens)
        for skeleton, said in self.pieces(conversation, prompt):
            for token in self.ids(skeleton, special=True):
                tokens += [token] * (next(sizes, 0) if token == self.image else 1)
            mask += [0] * (len(tokens) - len(mask))
            match said:
                case None:
                    pass
                case str():
                    tokens += self.ids(said, special=False)
                    mask += [0] * (len(tokens) - len(mask))
                case Said(text=None):
                    if any(token in self.unsayable for token in said.tokens):
                        raise BugError("a policy's message holds tokens that stand for pictures: no policy here can say them")
                    sampled = True
                    tokens += said.tokens
                    mask += said.mask
                    old += [x for x, on in zip(said.log_probs, said.mask) if on]
                    if not said.tokens or said.tokens[-1] != self.end:
                        # Cut short, so the policy did not choose the end.
                        tokens.append(self.end)
                        mask.append(0)
                case Said():
                    demonstrated = demonstrated or said.learn
                    ids = [*self.ids(said.text, special=False), self.end]
                    tokens += ids
                    mask += [int(said.learn)] * len(ids)
        if tokens.count(self.image) != sum(picture_tokens):
            raise UserError("the chat template does not show each picture once", "use the model's own chat template")
        # Who samples needs room for a message too, and asks for both.
        if not prompt:
            self.refuse_long(tokens, picture_tokens)
        # Demonstrated tokens have no log-probability of a sampler.
        return Encoded(tokens, mask, old if sampled and not demonstrated else None, conversation.pictures)

    def pieces(self, conversation: Conversation, prompt: bool):
        """The template's text before each mark, with what belongs at the mark; the last has no mark."""
        rendered = self.render(conversation.messages, prompt)
        parts = MARKS.split(rendered)
        if [int(i) for i in parts[1::2]] != list(range(len(conversation.said))):
            raise UserError(
                "the chat template does not write every message once and in order",
                "use the template of an Instruct model: one that drops or rewrites earlier messages cannot be trained with",
            )
        ended = False
        for at, skeleton in enumerate(parts[0::2]):
            if ended:
                if not skeleton.startswith(self.end_text):
                    raise UserError(f"the chat template does not end an assistant message with {self.end_text}")
                skeleton = skeleton[len(self.end_text) :]
            said = conversation.said[at] if at < len(conversation.said) else None
            ended = isinstance(said, Said)
            if ended and not skeleton.endswith(self.opening):
                raise UserError(
                    f"the chat template opens an assistant message of the past otherwise than with {self.opening!r}",
                    "use an Instruct model: a Thinking model's template rewrites what it thought",
                )
            yield skeleton, said

    def ids(self, text: str, special: bool) -> list[int]:
        if not text:
            return []
        return self.tokenizer(text, add_special_tokens=False, split_special_tokens=not special).input_ids

    def render(self, messages: list[dict], prompt: bool) -> str:
        return self.tokenizer.apply_chat_template(
            messages, chat_template=self.template, tokenize=False, add_generation_prompt=prompt
        )

    def refuse_long(self, tokens: list[int], picture_tokens: list[int], message_tokens: int = 0) -> None:
        """`message_tokens`: of the longest message that may follow."""
        # A message that is cut short is closed for it.
        total = len(tokens) + (message_tokens + self.closing if message_tokens else 0)
        if total <= self.context_tokens:
            return
        pictures = sum(picture_tokens)
        kept = f" with {total - len(tokens)} kept for the message" if message_tokens else ""
        raise TooLong(
            total,
            f"{len(picture_tokens)} picture{'s' * (len(picture_tokens) != 1)} of {pictures} tokens in all and {len(tokens) - pictures} tokens of text{kept} make "
            f"{total}, and contextTokens is {self.context_tokens}. Nothing was cut off.",
            "raise contextTokens, lower pixels.max, or show fewer pictures",
        )
