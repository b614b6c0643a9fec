"""
Samples through vLLM, in a Python of its own: its releases pin other versions of PyTorch and transformers than the engine
that trains. The same messages over the same socket, and of the verbs `load` and `sample`.

    python -m ruminate_torch.vllm_sampler
"""

from __future__ import annotations

import os
from pathlib import Path

from . import families, vllm_weights
from .adapters import adaptation_of
from .errors import BugError, UserError
from .fields import Fields

# Of one conversation; what keeps pictures few is the context.
MOST_PICTURES = 1024
GIB = 2**30


def settle(device: str, threads: int, cache_gib: int) -> None:
    """What vLLM reads from its environment, before it is imported: one process, nothing fetched or told, no port beyond the loopback."""
    if device == "cpu":
        # Compiling costs more than a CPU gains by it.
        os.environ["TORCHDYNAMO_DISABLE"] = "1"
    os.environ.update(
        VLLM_ENABLE_V1_MULTIPROCESSING="0",
        VLLM_HOST_IP="127.0.0.1",
        VLLM_NO_USAGE_STATS="1",
        DO_NOT_TRACK="1",
        VLLM_CPU_OMP_THREADS_BIND="nobind",
        VLLM_CPU_KVCACHE_SPACE=str(cache_gib),
        OMP_NUM_THREADS=str(threads),
    )


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
        context = self.read(folder, given, device, threads)
        given.done()
        say("starting vLLM", 1, 2)
        self.start(
            device,
            model=str(folder),
            dtype=dtype,
            max_model_len=context,
            max_num_seqs=rows,
            gpu_memory_utilization=share,
            **vllm_weights.room_for(adaptation),
        )
        self.weights = vllm_weights.HandedOver(self.engine, base, adaptation)
        return {"contextTokens": context, "device": device}, []

    def read(self, folder: Path, given: Fields, device: str, threads: int) -> int:
        """Tokenizer, template and pictures; the room that a conversation has."""
        settle(device, threads, 1)
        from transformers import AutoConfig, GenerationConfig

        from .reader import reader_of

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        self.reader = reader_of(folder, config, given)
        try:
            own = GenerationConfig.from_pretrained(folder, local_files_only=True).eos_token_id
        except OSError:
            own = GenerationConfig.from_model_config(config).eos_token_id
        # What ends a message, as for the engine that trains.
        self.ends = {self.reader.codec.end, *(own if isinstance(own, list) else [] if own is None else [own])}
        context = self.reader.codec.context_tokens
        text = config.get_text_config()
        width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
        cache = 2 * 4 * text.num_hidden_layers * text.num_key_value_heads * width * context
        settle(device, threads, 1 + cache // GIB)
        return context

    def start(self, device: str, **asked) -> None:
        from vllm import EngineArgs, LLMEngine
        from vllm.platforms import current_platform

        if current_platform.device_type != device:
            raise UserError(
                f"this vLLM computes on {current_platform.device_type}, and {device} was asked for",
                "name the Python of a vLLM that is built for it (RUMINATE_VLLM_PYTHON), or take sampler: { type: transformers }",
            )
        try:
            self.engine = LLMEngine.from_engine_args(
                EngineArgs(
                    **asked,
                    load_format="safetensors",
                    seed=0,
                    limit_mm_per_prompt={"image": MOST_PICTURES, "video": 0},
                    mm_processor_cache_gb=0,
                    # log π at temperature 1, whatever the message is drawn at.
                    logprobs_mode="raw_logprobs",
                    generation_config="vllm",
                    # Kept between turns, where equal bytes are not promised anyway.
                    enable_prefix_caching=device == "cuda",
                    enforce_eager=device == "cpu",
                    disable_log_stats=True,
                )
            )
        except ValueError as error:
            # It counts what there is before it allocates.
            if "memory" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise
        unsayable = self.reader.codec.unsayable
        self.engine.apply_model(lambda model: forbid(model, unsayable))

    def sample(self, given: Fields, blobs: list[bytes], say):
        from vllm import SamplingParams

        from .messages import message, read_options
        from .vllm_prompts import prompt_of

        options = read_options(given)
        rows = given.integer("rows", 1, 4096, 1)
        asked = list(given.each("requests"))
        file = None if given.take("weights", None) is None else given.inner("weights")
        given.done()
        codec = self.reader.codec
        prompts, settings = [], []
        for one in asked:
            seed, forced = one.integer("seed", 0, 2**53), codec.ids(one.text("forced", ""), special=False)
            prompt = prompt_of(self.reader, one.inner("conversation"), blobs, forced)
            one.done()
            codec.refuse_long(prompt.whole + [0] * options.max_tokens, prompt.sizes)
            prompts.append(prompt)
            settings.append(
                SamplingParams(
                    temperature=0 if options.greedy else options.temperature,
                    top_p=1 if options.greedy else options.top_p,
                    seed=None if options.greedy else seed,
                    max_tokens=options.max_tokens,
                    stop=options.stop,
                    include_stop_str_in_output=True,
                    stop_token_ids=sorted(self.ends),
                    logprobs=0,
                )
            )
        self.weights.use(file)
        messages = []
        for start in range(0, len(prompts), rows):
            part = list(zip(prompts, settings))[start : start + rows]
            for (prompt, _), drawn in zip(part, self.draw(part, lambda done: say("sampling", start + done, len(prompts)))):
                messages.append(message(codec, options, self.ends, prompt.forced, *drawn, len(prompt.whole) - len(prompt.forced)))
        return {"messages": messages, "weights": self.weights.holds}, []

    def draw(self, part: list, say) -> list[tuple[list[int], list[float]]]:
        """Tokens of each message, and log π of each; all of them at once."""
        from vllm.inputs import TokensPrompt

        names = []
        try:
            for prompt, settings in part:
                names.append(str(self.asked))
                self.asked += 1
                media = {"multi_modal_data": {"image": prompt.pictures}} if prompt.pictures else {}
                self.engine.add_request(names[-1], TokensPrompt(prompt_token_ids=prompt.tokens, **media), settings, lora_request=self.weights.adapter())
            ended, written = {}, {}
            while self.engine.has_unfinished_requests():
                for output in self.engine.step():
                    written[output.request_id] = len(output.outputs[0].token_ids) / settings.max_tokens
                    if output.finished:
                        ended[output.request_id] = output
                say(sum(1 if name in ended else written.get(name, 0) for name in names))
        except BaseException:
            self.engine.abort_request(names)
            raise
        found = []
        for name, (prompt, _) in zip(names, part):
            if list(ended[name].prompt_token_ids) != prompt.whole:
                raise BugError("vLLM reads a prompt in other tokens than training: its pictures take another number of them")
            (said,) = ended[name].outputs
            tokens = list(said.token_ids)
            found.append((tokens, [chosen[token].logprob for token, chosen in zip(tokens, said.logprobs)]))
        return found


def forbid(model, unsayable: list[int]) -> None:
    """Tokens that stand for pictures have probability 0, before any log-probability is taken."""
    whole = model.compute_logits

    def sayable(*given, **named):
        logits_NV = whole(*given, **named)
        if logits_NV is not None:
            logits_NV[:, unsayable] = float("-inf")
        return logits_NV

    model.compute_logits = sayable


def main() -> None:
    from .server import main as serve

    serve(Sampler)


if __name__ == "__main__":
    main()
