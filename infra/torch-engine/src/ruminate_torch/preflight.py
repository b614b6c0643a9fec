"""
What keeps a model from being loaded on this machine, found in seconds, before anything is started: files that its folder
lacks, a model of another kind, a context that it was not made for, a device that is not there.

    python -m ruminate_torch.preflight '{"model": {"type": "folder", "path": "/models/x"}, "device": "cuda", "contextTokens": null,
        "options": {"device": "compute.device", "contextTokens": "policy.contextTokens"}}'

Prints a JSON list of {kind, message, hint}; an empty one where nothing is found. `load` judges again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Callable

from . import families
from .errors import UserError, described

# What `load` allows, which is the length of a message and hardly a word before it.
LEAST_CONTEXT = 16


def problems(model: dict, device: str, contextTokens: int | None, options: dict[str, str]) -> list[dict]:
    """`options`: what a person sets device and contextTokens by, for messages."""
    found = []
    for check in (
        lambda: check_model(model, contextTokens, options["contextTokens"]),
        lambda: check_device(device, options["device"]),
    ):
        found += failure_of(check)
    return found


def failure_of(check: Callable[[], object]) -> list[dict]:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - told in the words of an error's reply
        return [described(error)]
    return []


def check_model(model: dict, tokens: int | None, option: str) -> None:
    if model["type"] == "tiny":
        return
    folder = Path(model["path"])
    families.checked_folder(folder, weights=model["type"] == "folder")
    config = families.read_json(folder / "config.json")
    families.check_type(str(config.get("model_type")))
    check_context(config, tokens, option)


def check_context(config: dict, tokens: int | None, option: str) -> None:
    """Older folders say the language model's sizes beside the others, newer ones in `text_config`."""
    text = config.get("text_config")
    longest = (text if isinstance(text, dict) else config).get("max_position_embeddings", config.get("max_position_embeddings"))
    if tokens is None or not isinstance(longest, int) or LEAST_CONTEXT <= tokens <= longest:
        return
    raise UserError(f"{option} is {tokens}: expected {LEAST_CONTEXT} to {longest}, for which this model was made", "leave it out")


def check_device(device: str, option: str) -> None:
    # PyTorch takes seconds to load: only who needs it waits.
    if device == "cuda":
        from .devices import device_of

        device_of(device, option)


if __name__ == "__main__":
    print(json.dumps(problems(**json.loads(sys.argv[1]))))
