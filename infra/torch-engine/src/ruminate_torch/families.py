"""Model families, and what a model's folder must hold."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import DataError, UserError

# `model_type` of config.json, and the class of transformers that it names.
CLASSES = {"qwen2_5_vl": "Qwen2_5_VLForConditionalGeneration", "qwen3_vl": "Qwen3VLForConditionalGeneration"}


def model_class(model_type: str):
    import transformers

    check_type(model_type)
    return getattr(transformers, CLASSES[model_type])


def check_type(model_type: str) -> None:
    if model_type not in CLASSES:
        raise UserError(
            f"expected a model of type {' or '.join(CLASSES)}, got {model_type}",
            "name the folder of a Qwen2.5-VL or Qwen3-VL model",
        )


def checked_folder(folder: Path, weights: bool = True) -> list[Path]:
    """The safetensors files of a model's folder, sorted; a folder that lacks something is refused, all of it named."""
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}", "name the folder that a model was saved or downloaded to")
    missing = [name for name in ("config.json", "tokenizer.json") if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("preprocessor_config.json", "processor_config.json")):
        missing.append("preprocessor_config.json")
    files = weight_files(folder) if weights else []
    missing += [file.name for file in files if not file.is_file()]
    if weights and not files:
        missing.append("model.safetensors (or model.safetensors.index.json with its parts)")
    if "config.json" in missing and (folder / "adapter_config.json").is_file():
        raise UserError(f"{folder} holds a LoRA alone, which computes nothing by itself", "name a whole model's folder, or ask the run that trained it: --run RUN")
    if missing:
        pickles = " Pickled weights (.bin, .pt) are not read: they can run code." if any(folder.glob("*.bin")) else ""
        raise UserError(f"{folder} lacks {', '.join(missing)}.{pickles}", "download or copy the folder again, whole")
    return files


def weight_files(folder: Path) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return sorted(folder.glob("*.safetensors"))
    names = set(read_json(index).get("weight_map", {}).values())
    if not names or any(Path(name).name != name for name in names):
        raise DataError(f"{index}: expected weight_map to name files beside it")
    return sorted(folder / name for name in names)


def read_json(file: Path) -> dict:
    try:
        value = json.loads(file.read_text())
    except (ValueError, OSError) as error:
        raise DataError(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise DataError(f"{file}: expected a JSON object")
    return value


def identity(config: dict, files: list[Path], seed: int | None) -> str:
    """SHA-256 of what a model is: its configuration and its weights' bytes, or the seed that they were drawn from."""
    with ThreadPoolExecutor(4) as pool:
        shas = list(pool.map(sha256_of, files))
    shape = {key: value for key, value in config.items() if key not in ("transformers_version", "_name_or_path")}
    return hashlib.sha256(json.dumps([shape, shas, seed], sort_keys=True).encode()).hexdigest()


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def chat_template(folder: Path, tokenizer) -> str:
    """The folder's own chat template: of the tokenizer, or the older chat_template.json beside it."""
    beside = folder / "chat_template.json"
    template = tokenizer.chat_template or (read_json(beside).get("chat_template") if beside.is_file() else None)
    if not isinstance(template, str):
        raise UserError(f"{folder} has no chat template", "put the model's chat_template.jinja into the folder")
    return template
