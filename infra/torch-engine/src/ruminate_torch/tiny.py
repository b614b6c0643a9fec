"""
Writes the folder of a tiny vision-language model with random weights: what a real one's folder holds, 0.35M parameters,
nothing downloaded. For tests, and to try a set-up before gigabytes are moved.

    python -m ruminate_torch.tiny FOLDER --family qwen2.5-vl --seed 1
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

FAMILIES = ("qwen2.5-vl", "qwen3-vl")
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
# Tokens of their own in Qwen's vocabulary too, though not special ones.
MARKS = ["<tool_call>", "</tool_call>"]
# Words that become one token each; everything else is spelled in bytes.
WORDS = ["system", "user", "assistant", "tool", "think", "answer", "name", "crop", "clip", "arguments", "target", "frame", "bbox"]
# The template of Qwen2.5-VL, without its video branch.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n"
    "{% else %}{% for content in message['content'] %}"
    "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer():
    """A byte-level BPE with Qwen's chat tokens: 256 bytes, the merges that spell WORDS, then the added tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocab = {byte: i for i, byte in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        for end in range(2, len(word) + 1):
            if word[:end] not in vocab:
                vocab[word[:end]] = len(vocab)
                merges.append((word[: end - 1], word[end - 1]))
    bpe = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens(SPECIAL)
    bpe.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in MARKS])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=CHAT_TEMPLATE
    )


def configuration(family: str, words, heads: int):
    """The architecture of a family at 2 × 64, for a vocabulary. Half as many heads of keys as of queries."""
    width = 64 // heads
    # Positions in time, down and across share a head's frequencies 1 : 1.5 : 1.5.
    sections = [width // 8, width * 3 // 16, width * 3 // 16]
    token = words.convert_tokens_to_ids
    ids = {
        "image_token_id": token("<|image_pad|>"),
        "video_token_id": token("<|video_pad|>"),
        "vision_start_token_id": token("<|vision_start|>"),
        "vision_end_token_id": token("<|vision_end|>"),
        "tie_word_embeddings": False,
    }
    ends = {"bos_token_id": token("<|endoftext|>"), "eos_token_id": token("<|im_end|>"), "pad_token_id": token("<|endoftext|>")}
    text = {
        "vocab_size": len(words),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "num_key_value_heads": heads // 2,
        "max_position_embeddings": 32768,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": sections},
        **ends,
    }
    vision = {"depth": 2, "hidden_size": 64, "intermediate_size": 128, "num_heads": 4, "out_hidden_size": 64}
    if family == "qwen2.5-vl":
        from transformers import Qwen2_5_VLConfig

        return Qwen2_5_VLConfig(text_config=text, vision_config=vision | {"window_size": 112, "fullatt_block_indexes": [1]}, **ids)
    from transformers import Qwen3VLConfig

    text |= {"head_dim": width, "rope_parameters": text["rope_parameters"] | {"mrope_interleaved": True}}
    vision |= {"num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1]}
    return Qwen3VLConfig(text_config=text, vision_config=vision, **ids)


def write(folder: Path, family: str = "qwen2.5-vl", seed: int = 1, heads: int = 4) -> None:
    """Writes config, weights, tokenizer, chat template and picture settings; the same bytes for the same seed."""
    import torch

    from .families import model_class

    words = tokenizer()
    config = configuration(family, words, heads)
    torch.manual_seed(seed)
    model = model_class(config.model_type)(config)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    patch = 14 if family == "qwen2.5-vl" else 16
    pictures = {
        "processor_class": "Qwen2_5_VLProcessor" if family == "qwen2.5-vl" else "Qwen3VLProcessor",
        "image_processor_type": "Qwen2VLImageProcessor",
        "patch_size": patch,
        "merge_size": 2,
        "temporal_patch_size": 2,
        "min_pixels": (2 * patch) ** 2,
        "max_pixels": 64 * (2 * patch) ** 2,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(pictures, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="ruminate_torch.tiny", description="Writes a tiny random model's folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--family", choices=FAMILIES, default=FAMILIES[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heads", type=int, choices=(2, 4), default=4, help="of attention: vLLM on a CPU takes 2, which are 32 wide")
    given = parser.parse_args()
    write(given.folder, given.family, given.seed, given.heads)
    print(given.folder)


if __name__ == "__main__":
    main()
