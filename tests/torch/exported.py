"""
What a conversation's policy said, by a folder of `ruminate export` as other programs load it: log π of the tokens with
mask 1. The conversation becomes tokens by the engine's codec, whose package must be importable; the rest is PEFT's or
transformers' alone. Reads and writes JSON.
"""

import base64
import json
import sys

import torch

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

from peft import PeftModel  # noqa: E402
from transformers import AutoModelForImageTextToText  # noqa: E402

from ruminate_torch.fields import Fields  # noqa: E402
from ruminate_torch.model import load  # noqa: E402
from ruminate_torch.ranks import Ranks  # noqa: E402

given = json.load(sys.stdin)
blobs = [base64.b64decode(blob) for blob in given["blobs"]]
engine = load(Fields({"model": given["model"], "adapter": {"type": "none"}}, "load"), lambda *_: None, Ranks())
batch = engine.batch([engine.prepare(Fields(given["conversation"], "conversation"), blobs)])

folder = given["folder"]
if given["by"] == "peft":
    with open(f"{folder}/adapter_config.json") as file:
        base = json.load(file)["base_model_name_or_path"]
    model = PeftModel.from_pretrained(AutoModelForImageTextToText.from_pretrained(base), folder)
else:
    # Of an adapter's folder transformers finds the base by itself.
    model = AutoModelForImageTextToText.from_pretrained(folder)

with torch.no_grad():
    logits_BTV = model.eval()(**batch.inputs).logits
chosen_BT = batch.mask_BT[:, 1:]
logits_NV = engine.sayable(logits_BTV[:, :-1][chosen_BT].float())
tokens_N = batch.inputs["input_ids"][:, 1:][chosen_BT]
log_probs_N = logits_NV.gather(-1, tokens_N[:, None])[:, 0] - logits_NV.logsumexp(-1)
print(json.dumps(log_probs_N.tolist()))
