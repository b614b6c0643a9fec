"""The PyTorch side of `npm run bench:engine`: one JSON request a line in, one reply out (child.ts speaks to it).

The model is docs/policy.py, which the tests hold against the engine's numbers. What is here is how a careful user would
train and sample it on a CPU: fused AdamW, no copies that can be spared, inference mode, a preallocated cache.
"""
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "docs"))
import policy  # noqa: E402
from torch_decode import Decode  # noqa: E402

CHECKED_STEPS = 3
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def read(file):
    """Weights (their names have dots) and inputs of a scenario; class numbers as PyTorch wants them, once."""
    tensors = load_file(file)
    weights = {name: x for name, x in tensors.items() if "." in name}
    inputs = {name: x.long() if x.dtype == torch.int32 else x for name, x in tensors.items() if "." not in name}
    return weights, inputs


class Train:
    """Steps of training: forward, backward, clipping by the global norm, optimizer."""

    def __init__(self, scenario, variant):
        self.spec, self.config = scenario["spec"], scenario["optimizer"]
        weights, self.batch = read(scenario["file"])
        self.p = {name: x.requires_grad_() for name, x in weights.items()}
        self.optimizers = optimizers(self.p, self.config, variant)
        self.loss = torch.compile(self.loss_of) if variant == "compiled" else self.loss_of

    def loss_of(self):
        b = self.batch
        out, scene, marks = policy.logits(self.p, self.spec, b)
        loss = weighted(out, b["actions"], b["weights"])
        loss = loss + weighted(scene[..., :8], b["sceneKind"], b["sceneKindWeight"])
        loss = loss + weighted(scene[..., 8:10], b["sceneAsked"], b["sceneAskedWeight"])
        loss = loss + weighted(scene[..., 10:].reshape(-1, 16), b["sceneBox"], b["sceneBoxWeight"])
        return loss + weighted(marks, b["clipArea"], b["clipAreaWeight"]) if "clipArea" in b else loss

    def run(self):
        loss = self.loss()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.p.values(), self.config["clipNorm"])
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return loss.item(), norm.item()

    def check(self):
        steps = [self.run() for _ in range(CHECKED_STEPS)]
        return {"losses": [loss for loss, _ in steps], "gradNorms": [norm for _, norm in steps]}


def weighted(logits, targets, weights):
    logits = logits.reshape(-1, logits.shape[-1])
    return (F.cross_entropy(logits, targets.flatten(), reduction="none") * weights).sum()


def optimizers(p, config, variant):
    """AdamW for all; or Muon for the hidden matrices (by torch.optim, or in float32 as the engine does it) and AdamW for the rest."""
    hidden = [n for n in p if n.startswith("layers.") or (n.startswith("vision.") and not n.endswith(".bias"))]
    by_muon = hidden if config["type"] == "muon" else []
    rest = [n for n in p if n not in by_muon]
    decays = {n: p[n].dim() > 1 and not n.startswith("embed.") for n in rest}
    groups = [
        {"params": [p[n] for n in rest if decays[n] == yes], "weight_decay": config["weightDecay"] if yes else 0}
        for yes in (True, False)
    ]
    adamw = torch.optim.AdamW(groups, lr=config["lr"], betas=(config["beta1"], config["beta2"]), eps=1e-8, fused=True)
    if not by_muon:
        return [adamw]
    kind = Float32Muon if variant == "float32 muon" else torch.optim.Muon
    return [adamw, kind([p[n] for n in by_muon], lr=config["muonLr"], weight_decay=config["weightDecay"])]


class Float32Muon(torch.optim.Optimizer):
    """torch.optim.Muon's update without its bfloat16, which CPUs of some kinds compute slowly."""

    def __init__(self, params, lr, weight_decay):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                buffer = self.state[w].setdefault("buffer", torch.zeros_like(w))
                buffer.lerp_(w.grad, 1 - 0.95)
                y = w.grad.lerp(buffer, 0.95)
                tall = w.shape[0] > w.shape[1]
                y = y.T if tall else y
                y = y / (y.norm() + 1e-7)
                for _ in range(5):
                    gram = y @ y.T
                    y = torch.addmm(y, torch.addmm(gram, gram, gram, beta=-4.775, alpha=2.0315), y, beta=3.4445)
                w.mul_(1 - group["lr"] * group["weight_decay"])
                w.add_(y.T if tall else y, alpha=-group["lr"] * max(1, w.shape[0] / w.shape[1]) ** 0.5)


def opened(scenario, variant):
    if scenario["kind"] == "train":
        return Train(scenario, variant)
    return Decode(scenario, *read(scenario["file"]))


def measure(side, times, warm_up, clock):
    if warm_up:  # the other side has had the caches to itself
        side.run()
    ms = []
    for _ in range(times):
        started = clock()
        side.run()
        ms.append((clock() - started) * 1e3)
    return ms


def matmul_flops(side):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        side.run()
    return counter.get_total_flops()


def answer(request, sides):
    torch.set_num_threads(request["threads"])
    match request["task"]:
        case "open":
            scenario = request["scenario"]
            side = opened(scenario, request.get("variant"))
            sides[request["as"]] = side
            return side.check()
        case "measure":
            return measure(sides[request["name"]], request["times"], request["warmUp"], CLOCKS[request["clock"]])
        case "count":
            return matmul_flops(sides[request["name"]])
        case "close":
            sides.pop(request["name"], None)
            return None
        case task:
            raise ValueError(f"expected open, measure, count or close, got {task}")


def main():
    sides = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {"result": answer(request, sides)}
        except Exception as error:  # whatever it is, the parent says it
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request["id"], **reply}), flush=True)


main()
