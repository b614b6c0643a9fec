"""PyTorch's side of the comparison: python make.py INPUTS.safetensors OUT.safetensors

INPUTS is written by ../parity/inputs.ts. OUT holds, in fp32: the losses, every gradient of the first batch, and the
weights after each number of AdamW steps that the inputs name, for SFT (plain and dense) and GRPO; its metadata say
which versions made it. The policy is docs/policy.py; losses, schedule, clipping and AdamW are PyTorch's own.
"""
import json, platform, sys
from pathlib import Path
import safetensors, torch, torch.nn.functional as F
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[3] / "docs"))
from policy import logits

torch.set_num_threads(1)
with safetensors.safe_open(sys.argv[1], "pt") as file:
    setup = json.loads(file.metadata()["setup"])
    given = {name: file.get_tensor(name) for name in file.keys()}
spec, optimizer, objective = setup["spec"], setup["optimizer"], setup["objective"]

def part(prefix):
    return {name.removeprefix(prefix): x for name, x in given.items() if name.startswith(prefix)}

batches = [{k: x.long() if x.dtype == torch.int32 else x for k, x in part(f"{i}/").items()} for i in range(setup["batches"])]

def start():
    return {name: x.clone().requires_grad_() for name, x in part("weights/").items()}

def log_probs(p, batch):
    out, scene, marks = logits(p, spec, batch)
    return -F.cross_entropy(out.flatten(0, 2), batch["actions"].flatten(), reduction="none"), scene, marks

def weighted(out, batch, name):
    losses = F.cross_entropy(out, batch[name], reduction="none")
    return (losses * batch[f"{name}Weight"]).sum()

def plain(p, batch):
    log_p, _, _ = log_probs(p, batch)
    return {"actionLoss": -(log_p * batch["weights"]).sum()}

def dense(p, batch):
    log_p, scene, marks = log_probs(p, batch)
    auxiliary = (
        weighted(scene[..., :8].flatten(0, 1), batch, "sceneKind")
        + weighted(scene[..., 8:10].flatten(0, 1), batch, "sceneAsked")
        + weighted(scene[..., 10:].reshape(-1, 16), batch, "sceneBox")
        + weighted(marks.flatten(0, 2), batch, "clipArea")
    )
    return {"actionLoss": -(log_p * batch["weights"]).sum(), "auxiliaryLoss": auxiliary}

def grpo(p, batch):
    log_p, _, _ = log_probs(p, batch)
    ratio, advantages = (log_p - batch["oldLogProbs"]).exp(), batch["advantages"]
    clipped = ratio.clamp(1 - objective["clipLow"], 1 + objective["clipHigh"])
    surrogate = torch.minimum(ratio * advantages, clipped * advantages)
    to_reference = batch["referenceLogProbs"] - log_p
    kl = ((to_reference.exp() - to_reference - 1) * batch["weights"]).sum()
    batch["clipped"] = [(sign * (ratio - clipped) > 0).sum().item() for sign in (1, -1)]
    return {"policyLoss": -(surrogate * batch["weights"]).sum(), "kl": kl}

def total(losses):
    return sum(loss * (objective["kl"] if name == "kl" else 1) for name, loss in losses.items())

def decays(name, x):
    return x.dim() > 1 and not name.startswith("embed.")

def train(objective_of, report):
    p = start()
    groups = [
        {"params": [x for name, x in p.items() if decays(name, x) == decayed], "weight_decay": by}
        for decayed, by in ((True, optimizer["weightDecay"]), (False, 0.0))
    ]
    adamw = torch.optim.AdamW(groups, lr=optimizer["lr"], betas=(optimizer["beta1"], optimizer["beta2"]), eps=1e-8)
    warm = optimizer["warmupSteps"]
    schedule = torch.optim.lr_scheduler.SequentialLR(adamw, [
        torch.optim.lr_scheduler.LinearLR(adamw, 1 / warm, 1, warm - 1),
        torch.optim.lr_scheduler.CosineAnnealingLR(adamw, setup["steps"] - warm, optimizer["lrEnd"]),
    ], [warm - 1])
    rates, norms = [], []
    for step in range(setup["steps"]):
        losses = objective_of(p, batches[step % len(batches)])
        total(losses).backward()
        for x in p.values():
            x.grad = torch.zeros_like(x) if x.grad is None else x.grad  # what a loss does not touch decays all the same
        if step == 0:
            report(losses, {f"grad/{name}": x.grad.clone() for name, x in p.items()})
        norms.append(torch.nn.utils.clip_grad_norm_(p.values(), optimizer["clipNorm"]).item())
        rates.append(schedule.get_last_lr()[0])
        adamw.step(), adamw.zero_grad(), schedule.step()
        if step + 1 in setup["comparedAfter"]:
            report({}, {f"after{step + 1}/{name}": x.detach().clone() for name, x in p.items()})
    return rates, norms

out, told = {}, {}
for batch in batches:  # old and reference policies: this one, and noise
    log_p = log_probs(start(), batch)[0].detach()
    batch["oldLogProbs"], batch["referenceLogProbs"] = log_p + batch["oldNoise"], log_p + batch["referenceNoise"]
for i, batch in enumerate(batches):
    out |= {f"{i}/{name}": batch[name] for name in ("oldLogProbs", "referenceLogProbs")}
for name, objective_of in (("plain", plain), ("dense", dense), ("grpo", grpo)):
    def report(losses, tensors):
        out.update({f"{name}/{key}": x for key, x in tensors.items()})
        out.update({f"{name}/loss/{key}": x.detach().reshape(1) for key, x in losses.items()})
    rates, norms = train(objective_of, report)
    told |= {"rates": rates, name: {"clippedSteps": sum(x > optimizer["clipNorm"] for x in norms)}}
    out[f"{name}/gradNorms"] = torch.tensor(norms)
grpo(start(), batches[0])
told["grpo"]["clippedAboveAndBelow"] = batches[0]["clipped"]
versions = {"torch": torch.__version__, "safetensors": safetensors.__version__, "python": platform.python_version()}
save_file(out, sys.argv[2], {"versions": json.dumps(versions), "told": json.dumps(told)})
