"""
What keeps a model from being loaded on this machine, found in seconds, before anything is started: files that its folder
lacks, a model of another kind, a device that is not there.

    python -m ruminate_torch.preflight '{"model": {"type": "folder", "path": "/models/x"}, "device": "cuda", "option": "compute.device"}'

Prints a JSON list of {kind, message, hint}; an empty one where nothing is found. `load` judges again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Callable

from . import families
from .errors import described


def problems(model: dict, device: str, option: str) -> list[dict]:
    """`option`: what a person sets the device by, for messages."""
    found = []
    for check in (lambda: check_model(model), lambda: check_device(device, option)):
        found += failure_of(check)
    return found


def failure_of(check: Callable[[], object]) -> list[dict]:
    try:
        check()
    except Exception as error:  # noqa: BLE001 - told in the words of an error's reply
        return [described(error)]
    return []


def check_model(model: dict) -> None:
    if model["type"] == "tiny":
        return
    folder = Path(model["path"])
    families.checked_folder(folder, weights=model["type"] == "folder")
    families.check_type(str(families.read_json(folder / "config.json").get("model_type")))


def check_device(device: str, option: str) -> None:
    # PyTorch takes seconds to load: only who needs it waits.
    if device == "cuda":
        from .devices import device_of

        device_of(device, option)


if __name__ == "__main__":
    print(json.dumps(problems(**json.loads(sys.argv[1]))))
