"""The verbs. Each reads its parameters whole before it computes anything; docs/torch.md says what they promise."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable

from .errors import BugError
from .fields import Fields

Say = Callable[[str, float, float], None]
Answer = tuple[dict, list[bytes]]
SEED = 2**53
ROWS = 4096
RANKS = 64


class Engine:
    """One model at a time. `threads` is fixed by the first load: the numbers of a run do not follow the machine."""

    def __init__(self, end: Callable[[dict], None] | None = None, ranks=None) -> None:
        """`end`: says an error and ends the process; who can start other ranks needs it. `ranks`: for one of those others."""
        self.end, self.ranks, self.team = end, ranks, None
        self.model = self.trainer = self.weights = None
        self.threads: int | None = None
        self.verbs = {
            "load": self.load,
            "sample": self.sample,
            "forwardBackward": self.forward_backward,
            "optimStep": self.optim_step,
            "logProbs": self.log_probs,
            "embed": self.embed,
            "saveState": self.save_state,
            "loadState": self.load_state,
            "export": self.export,
            "encode": self.encode,
            "objective": self.objective,
        }

    def run(self, verb: str, params: dict, blobs: list[bytes], say: Say) -> Answer:
        if verb not in self.verbs:
            raise BugError(f"there is no verb {verb!r}; there are {', '.join(self.verbs)}")
        if verb not in ("load", "export", "objective") and self.model is None:
            raise BugError(f"{verb} before load")
        if verb == "load" and self.ranks is None:
            self.gather(Fields(params, verb))

        def do(say: Say) -> Answer:
            return self.verbs[verb](Fields(params, verb), blobs, say)

        if self.team is not None:
            return self.team.run(verb, params, blobs, do, say)
        return do(say if self.ranks is None else self.ranks.agreed(say))

    def gather(self, given: Fields) -> None:
        """Starts the other ranks that a first `load` asks for; like `threads`, their number stays."""
        count, device = given.integer("ranks", 1, RANKS, 1), given.choice("device", ("cpu", "cuda"), "cpu")
        have = self.team.ranks.count if self.team is not None else 1
        if self.threads is not None and count != have:
            raise BugError(f"this process is one of {have} ranks; start another for {count}")
        if count == 1 or self.team is not None:
            return
        self.prepare_torch(given.integer("threads", 1, 256, 1))
        from . import ranks
        from .devices import device_of
        from .team import Team

        device_of(device)
        ranks.refuse_too_many(count, device)
        self.team = Team(count, device, self.end)

    def load(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        threads = given.integer("threads", 1, 256, 1)
        given.integer("ranks", 1, RANKS, 1)
        say("starting PyTorch", 0, 1)
        self.prepare_torch(threads)
        from . import model, training, weights
        from .ranks import Ranks

        ranks = self.ranks or (self.team.ranks if self.team is not None else Ranks())

        # Room first: two models may not fit.
        self.model = self.trainer = self.weights = None
        loaded = model.load(given, say, ranks)
        self.model, self.trainer, self.weights = loaded, training.Trainer(loaded), weights.Weights(loaded)
        return model.described(loaded), []

    def prepare_torch(self, threads: int) -> None:
        if self.threads not in (None, threads):
            raise BugError(f"this process computes with {self.threads} threads; start another for {threads}")
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        import torch

        if self.threads is None:
            torch.set_num_threads(threads)
            torch.set_num_interop_threads(1)
            # On a GPU a few operations have no deterministic form: there it warns, into the log.
            torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
            self.threads = threads

    def sample(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        from .messages import read_options
        from .sampling import request, sample

        options = read_options(given)
        rows = given.integer("rows", 1, ROWS, 1)
        asked = list(given.each("requests"))
        file = self.file(given)
        given.done()
        requests = []
        for one in asked:
            seed, forced = one.integer("seed", 0, SEED), one.text("forced", "")
            prompt = self.model.prepare(one.inner("conversation"), blobs, prompt=True)
            one.done()
            requests.append(request(self.model, prompt, seed, forced, options))
        self.weights.use(file)
        return {"messages": sample(self.model, requests, options, rows, say)}, []

    def forward_backward(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        from .training import Sequence

        objective = self.read_objective(given.inner("objective"))
        micro_batch, seed = given.integer("microBatch", 1, ROWS), given.integer("seed", 0, SEED, 0)
        token_count = given.integer("tokenCount", 1, 2**40, None)
        asked = list(given.each("sequences"))
        given.done()
        sequences = []
        for one in asked:
            advantage = one.number("advantage", default=0.0) if objective else 0.0
            reference = one.numbers("referenceLogProbs", None) if objective else None
            prepared = self.model.prepare(one.inner("conversation"), blobs)
            one.done()
            sequences.append(Sequence(prepared, float(advantage), reference))
        self.weights.use(None)
        return self.trainer.forward_backward(sequences, objective, micro_batch, token_count, seed, say), []

    def read_objective(self, given: Fields):
        from .objectives import Grpo

        if given.choice("type", ("sft", "grpo")) == "sft":
            given.done()
            return None
        objective = Grpo(given.number("clipLow", 0), given.number("clipHigh", 0), given.number("kl", 0))
        given.done()
        return objective

    def optim_step(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        lr, decay, clip = given.number("lr", 0), given.number("weightDecay", 0, default=0.0), given.number("clipNorm", 0, default=0.0)
        betas = (given.number("beta1", 0, 1, 0.9), given.number("beta2", 0, 1, 0.999))
        eps, calls = given.number("eps", 0, 1, 1e-8), given.integer("calls", 1, 2**31)
        given.done()
        self.weights.use(None)
        stepped = self.trainer.step(lr, betas, eps, decay, clip, calls)
        self.weights.trained(None)
        return stepped, []

    def log_probs(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        from .shards import inference

        rows, file = given.integer("rows", 1, ROWS, 1), self.file(given)
        asked = list(given.each("conversations"))
        given.done()
        prepared = [self.model.prepare(one, blobs) for one in asked]
        self.weights.use(file)
        found: list[list[float]] = []
        with inference(self.model.core, self.model.ranks):
            for start in range(0, len(prepared), rows):
                say("log-probabilities", start, len(prepared))
                part = prepared[start : start + rows]
                counts = [sum(p.encoded.mask_T) for p in part]
                found += [split.tolist() for split in self.model.log_probs(self.model.batch(part)).split(counts)]
        return {"logProbs": found}, []

    def embed(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        from .embed import embed
        from .pictures import decoded

        rows, file = given.integer("rows", 1, ROWS, 1), self.file(given)
        pictures = [decoded(one, blobs) for one in given.each("pictures")]
        given.done()
        if not pictures:
            return {"count": 0, "width": 0}, [b""]
        self.weights.use(file)
        features = embed(self.model, pictures, rows, say)
        return {"count": len(features), "width": features.shape[1]}, [features.numpy().tobytes()]

    def save_state(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        from . import state

        folder = Path(given.text("folder"))
        given.done()
        self.weights.use(None)
        saved = state.save(self.trainer, folder, say)
        self.weights.trained(saved["weights"]["sha256"])
        return saved, []

    def load_state(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        from . import state

        file, moments = given.inner("weights"), given.take("optimizer", None)
        moments = None if moments is None else Fields(moments, "loadState.optimizer")
        given.done()
        say("loading", 0, 1)
        weights, _, sha256 = state.read(self.model, file, "weights")
        optimizer = None if moments is None else state.read(self.model, moments, "optimizer")
        state.load(self.trainer, weights, optimizer)
        self.weights.trained(sha256)
        return {"steps": self.trainer.steps}, []

    def export(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        """A checkpoint as a folder that other programs load. It needs no `load`: the model's numbers are not read."""
        self.prepare_torch(self.threads or 1)
        from .export import export

        return export(given, say), []

    def encode(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        """What the codec makes of a conversation: for tests, and for a person who wants to see it."""
        prompt = given.flag("prompt", False)
        encoded = self.model.prepare(given.inner("conversation"), blobs, prompt).encoded
        given.done()
        texts = [self.model.codec.tokenizer.decode([token]) for token in encoded.tokens_T]
        return {"tokens": encoded.tokens_T, "mask": encoded.mask_T, "texts": texts}, []

    def objective(self, given: Fields, blobs: list[bytes], say: Say) -> Answer:
        """An objective's loss over given numbers, in float64, with its gradient: what a test holds beside domain/objective."""
        self.prepare_torch(self.threads or 1)
        import torch

        from .objectives import grpo, sft

        objective, count = self.read_objective(given.inner("objective")), given.integer("tokenCount", 1, 2**40)
        numbers = {name: torch.tensor(given.numbers(name, []), dtype=torch.float64) for name in ("old", "reference", "advantages")}
        log_probs = torch.tensor(given.numbers("logProbs"), dtype=torch.float64, requires_grad=True)
        given.done()
        if objective is None:
            loss, stats = sft(log_probs, count), {}
        else:
            loss, stats = grpo(log_probs, numbers["old"], numbers["reference"], numbers["advantages"], objective, count)
        loss.backward()
        return {"loss": loss.item(), "gradient": log_probs.grad.tolist(), "stats": stats}, []

    def file(self, given: Fields) -> Fields | None:
        return None if given.take("weights", None) is None else given.inner("weights")


def plain(value: dict) -> dict:
    """Refuses what JSON cannot say: a number that is not finite must not come back as something harmless."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise BugError("a result holds numbers that are not finite: the weights or the inputs are spoiled") from error
    return value
