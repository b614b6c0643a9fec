"""vLLM as it is started here: one process, nothing fetched or told, and what it answers comparable with training."""

from __future__ import annotations

import os
import sys

from .errors import UserError

# Of one conversation; what keeps pictures few is the context.
MOST_PICTURES = 1024
GIB = 2**30


def settle(device: str, threads: int, config: dict, context: int) -> None:
    """What vLLM reads from its environment, before it is imported. Nothing listens beyond the loopback."""
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    os.environ.update(
        VLLM_ENABLE_V1_MULTIPROCESSING="0",
        VLLM_HOST_IP="127.0.0.1",
        GLOO_SOCKET_IFNAME=loopback,
        NCCL_SOCKET_IFNAME=loopback,
        VLLM_NO_USAGE_STATS="1",
        DO_NOT_TRACK="1",
        VLLM_CPU_OMP_THREADS_BIND="nobind",
        VLLM_CPU_KVCACHE_SPACE=str(cache_gib(config, context)),
        OMP_NUM_THREADS=str(threads),
    )
    if device == "cpu":
        # Compiling costs more than a CPU gains by it.
        os.environ["TORCHDYNAMO_DISABLE"] = "1"


def cache_gib(config: dict, context: int) -> int:
    """Room on a CPU for the keys and values of one conversation in float32. Older folders say the sizes beside the others."""
    text = config.get("text_config") if isinstance(config.get("text_config"), dict) else config
    heads = text["num_attention_heads"]
    width = text.get("head_dim") or text["hidden_size"] // heads
    return 1 + 2 * 4 * text["num_hidden_layers"] * text.get("num_key_value_heads", heads) * width * context // GIB


def start(device: str, unsayable: list[int], **asked):
    """
    @param unsayable tokens that stand for pictures: no message may hold them
    @param asked more of vLLM's own engine arguments
    """
    from vllm import EngineArgs, LLMEngine
    from vllm.platforms import current_platform

    if current_platform.device_type != device:
        raise UserError(
            f"this vLLM computes on {current_platform.device_type}, and {device} was asked for",
            "name the Python of a vLLM that is built for it (RUMINATE_VLLM_PYTHON)",
        )
    arguments = EngineArgs(
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
    try:
        engine = LLMEngine.from_engine_args(arguments)
    except ValueError as error:
        # It counts what there is before it allocates.
        if "memory" in str(error).lower():
            raise MemoryError(str(error)) from error
        raise
    engine.apply_model(lambda model: forbid(model, unsayable))
    return engine


def forbid(model, unsayable: list[int]) -> None:
    """Probability 0, before any log-probability is taken."""
    whole = model.compute_logits

    def sayable(*given, **named):
        logits_NV = whole(*given, **named)
        if logits_NV is not None:
            logits_NV[:, unsayable] = float("-inf")
        return logits_NV

    model.compute_logits = sayable
