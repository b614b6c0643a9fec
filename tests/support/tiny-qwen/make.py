"""
A tiny Qwen2.5-VL with random weights, made here and downloaded from nowhere: text and vision 2 layers of 64 each, a
byte-level BPE without merges (a token a byte), the image processor of the family at its own settings, and a chat
template in its form. It says nothing sensible and says it the same way every time, which is what a test of a protocol needs.

    python tests/support/tiny-qwen/make.py FOLDER
"""

import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2VLImageProcessorPil,
    Qwen2VLVideoProcessor,
)

SPECIAL = [
    *("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    *("<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
]

# Pictures stand where the message has them; tools are told as JSON, and calls of earlier turns in the family's tags.
TEMPLATE = """
{%- if tools %}<|im_start|>system
# Tools
<tools>{% for tool in tools %}
{{ tool | tojson }}{% endfor %}
</tools><|im_end|>
{% endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{% if message.content is string %}{{ message.content }}
{%- elif message.content %}{% for part in message.content %}
{%- if part.type in ['image', 'image_url'] or 'image' in part %}<|vision_start|><|image_pad|><|vision_end|>
{%- elif 'text' in part %}{{ part.text }}{% endif %}{% endfor %}{% endif %}
{%- for call in message.tool_calls or [] %}
<tool_call>
{{ call.function | tojson }}
</tool_call>{% endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}""".strip()


PRINTABLE = [chr(code) for code in range(33, 127) if chr(code) not in "<>"]


def tokenizer():
    """The 256 bytes in their printable stand-ins, then the special tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.add_special_tokens(SPECIAL)
    fast = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.model_max_length = 32768
    return fast


def config(ids, vocabulary):
    text = dict(
        **dict(vocab_size=vocabulary, hidden_size=64, intermediate_size=128, num_hidden_layers=2),
        **dict(num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32768),
        rope_parameters={"rope_type": "default", "rope_theta": 1e6, "mrope_section": [2, 3, 3]},
        **dict(bos_token_id=ids["<|endoftext|>"], eos_token_id=ids["<|im_end|>"], pad_token_id=ids["<|endoftext|>"]),
    )
    vision = dict(depth=2, hidden_size=64, intermediate_size=128, num_heads=4, out_hidden_size=64, fullatt_block_indexes=[1])
    names = ("image", "video", "vision_start", "vision_end")
    tokens = ("<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>")
    special = {f"{name}_token_id": ids[token] for name, token in zip(names, tokens)}
    return Qwen2_5_VLConfig(text_config=text, vision_config=vision, tie_word_embeddings=False, **special)


def main(folder):
    torch.manual_seed(7)
    words = tokenizer()
    ids = {token: words.convert_tokens_to_ids(token) for token in SPECIAL}
    model = Qwen2_5_VLForConditionalGeneration(config(ids, len(words))).float().eval()
    # Only printable ASCII is ever the most probable: a token is a byte, and half a character would be no text.
    silent = torch.ones(len(words), dtype=torch.bool)
    silent[words.convert_tokens_to_ids(PRINTABLE)] = False
    model.lm_head.weight.data[silent] = 0
    model.generation_config = GenerationConfig(
        do_sample=False, max_new_tokens=16, eos_token_id=ids["<|im_end|>"], pad_token_id=ids["<|endoftext|>"]
    )
    pixels = dict(min_pixels=28 * 28, max_pixels=28 * 28 * 64)
    processor = Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessorPil(**pixels),
        tokenizer=words,
        video_processor=Qwen2VLVideoProcessor(**pixels),
        chat_template=TEMPLATE,
    )
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    print(f"{folder}: {sum(p.numel() for p in model.parameters())} parameters")


main(sys.argv[1])
