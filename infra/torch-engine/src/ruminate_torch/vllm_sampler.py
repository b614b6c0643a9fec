"""
Samples through vLLM, in a Python of its own: its releases pin other versions of PyTorch and transformers than the engine
that trains. The same messages over the same socket, and of the verbs `load` and `sample`.

    python -m ruminate_torch.vllm_sampler
"""

from __future__ import annotations

from pathlib import Path

from . import families, vllm_engine, vllm_weights
from .adapters import adaptation_of
from .errors import BugError, TooLong, UserError
from .fields import Fields

# vLLM raises lower temperatures to it without a word.
LEAST_TEMPERATURE = 0.01


class Sampler:
    """One model, and the weights that it samples with: those of its folder, or of one state file."""

    def __init__(self, end=None) -> None:
        self.engine = self.reader = self.weights = None
        self.asked = 0
        self.verbs = {"load": self.load, "sample": self.sample}

    def run(self, verb: str, params: dict, blobs: list[bytes], say):
        if verb not in self.verbs:
            raise BugError(f"there is no verb {verb!r} here; there are {', '.join(self.verbs)}")
        if verb != "load" and self.engine is None:
            raise BugError(f"{verb} before load")
        return self.verbs[verb](Fields(params, verb), blobs, say)

    def load(self, given: Fields, blobs: list[bytes], say):
        if self.engine is not None:
            raise BugError("this process has a model; start another for the next")
        source = given.inner("model")
        source.choice("type", ("folder",))
        folder = Path(source.text("path"))
        source.done()
        device, threads = given.choice("device", ("cpu", "cuda")), given.integer("threads", 1, 256)
        dtype = {"fp32": "float32", "bf16": "bfloat16"}[given.choice("dtype", ("fp32", "bf16"))]
        share, rows = given.number("memoryShare", 0.01, 1), given.integer("rows", 1, 4096)
        adaptation, _ = adaptation_of(given.inner("adapter"))
        say("reading the model", 0, 2)
        files = families.checked_folder(folder)
        config = families.read_json(folder / "config.json")
        families.check_type(str(config.get("model_type")))
        base = families.identity(config, files, None)
        vllm_engine.settle(device, threads, config, given.take("contextTokens", None) or 32768)
        self.read(folder, given)
        given.done()
        say("starting vLLM", 1, 2)
        context = self.reader.codec.context_tokens
        self.engine = vllm_engine.start(
            device,
            self.reader.codec.unsayable,
            model=str(folder),
            dtype=dtype,
            max_model_len=context,
            max_num_seqs=rows,
            gpu_memory_utilization=share,
            **vllm_weights.room_for(adaptation),
        )
        self.weights = vllm_weights.HandedOver(self.engine, base, adaptation)
        return {"contextTokens": context, "device": device}, []

    def read(self, folder: Path, given: Fields) -> None:
        """Tokenizer, template and pictures, and what ends a message: as the engine that trains has them."""
        from transformers import AutoConfig, GenerationConfig

        from .messages import ends_of
        from .reader import reader_of

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        self.reader = reader_of(folder, config, given)
        try:
            own = GenerationConfig.from_pretrained(folder, local_files_only=True)
        except OSError:
            own = GenerationConfig.from_model_config(config)
        self.ends = ends_of(self.reader.codec.tokenizer, own)

    def sample(self, given: Fields, blobs: list[bytes], say):
        from .messages import message, outgrown, read_options
        from .vllm_prompts import prompt_of

        options = read_options(given)
        if not options.greedy and options.temperature < LEAST_TEMPERATURE:
            raise UserError(f"vLLM draws at temperatures of {LEAST_TEMPERATURE} and more, got {options.temperature}", "raise it")
        rows = given.integer("rows", 1, 4096, 1)
        asked = list(given.each("requests"))
        file = None if given.take("weights", None) is None else given.inner("weights")
        given.done()
        codec = self.reader.codec
        prompts, requests = [], []
        for one in asked:
            seed, forced = one.integer("seed", 0, 2**53), codec.ids(one.text("forced", ""), special=False)
            prompt = prompt_of(self.reader, one.inner("conversation"), blobs, forced)
            one.done()
            try:
                codec.refuse_long(prompt.whole, prompt.sizes, options.max_tokens)
                prompts.append(prompt)
                requests.append((prompt, self.settings(options, seed)))
            except TooLong as error:
                prompts.append(error)
        self.weights.use(file)
        drawn = []
        for start in range(0, len(requests), rows):
            drawn += self.draw(requests[start : start + rows], options.max_tokens, lambda done: say("sampling", start + done, len(requests)))
        found = iter(drawn)
        messages = [
            outgrown(codec, options, prompt)
            if isinstance(prompt, TooLong)
            else message(codec, options, set(self.ends), prompt.forced, *next(found), len(prompt.whole) - len(prompt.forced))
            for prompt in prompts
        ]
        return {"messages": messages, "weights": self.weights.holds}, []

    def settings(self, options, seed: int):
        from vllm import SamplingParams

        return SamplingParams(
            temperature=0 if options.greedy else options.temperature,
            top_p=1 if options.greedy else options.top_p,
            seed=None if options.greedy else seed,
            max_tokens=options.max_tokens,
            stop=options.stop,
            include_stop_str_in_output=True,
            stop_token_ids=self.ends,
            # A text that ends a message is looked for where `stops` looks for it.
            skip_special_tokens=False,
            logprobs=0,
        )

    def draw(self, requests: list, most: int, say) -> list[tuple[list[int], list[float]]]:
        """Tokens of each message, `most` at most, and log π of each; all of them at once."""
        from vllm.inputs import TokensPrompt

        names, ended, written = [], {}, {}
        try:
            for prompt, settings in requests:
                names.append(str(self.asked))
                self.asked += 1
                media = {"multi_modal_data": {"image": prompt.pictures}} if prompt.pictures else {}
                self.engine.add_request(names[-1], TokensPrompt(prompt_token_ids=prompt.tokens, **media), settings, lora_request=self.weights.adapter())
            while self.engine.has_unfinished_requests():
                for output in self.engine.step():
                    written[output.request_id] = len(output.outputs[0].token_ids) / most
                    if output.finished:
                        ended[output.request_id] = output
                say(sum(1 if name in ended else written.get(name, 0) for name in names))
        except BaseException:
            self.engine.abort_request(names)
            raise
        return [drawn(ended[name], prompt) for name, (prompt, _) in zip(names, requests)]


def drawn(output, prompt) -> tuple[list[int], list[float]]:
    if list(output.prompt_token_ids) != prompt.whole:
        raise BugError("vLLM reads a prompt in other tokens than training: its pictures take another number of them")
    (said,) = output.outputs
    if said.finish_reason not in ("stop", "length"):
        raise BugError(f"vLLM ended a message by {said.finish_reason}")
    tokens = list(said.token_ids)
    return tokens, [chosen[token].logprob for token, chosen in zip(tokens, said.logprobs)]


def main() -> None:
    from .server import main as serve

    serve(Sampler)


if __name__ == "__main__":
    main()
