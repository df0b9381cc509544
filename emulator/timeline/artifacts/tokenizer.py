"""A tokenizer that knows bytes and nothing else: small, right for any text, and the same for every base model.

It is not the base model's own (that one has tens of megabytes and an owner), so token counts differ from the real.
"""

import json
from functools import cache, lru_cache

BOS, START, EOS, PAD = "<|begin|>", "<|start|>", "<|end|>", "<|pad|>"
SPECIAL_TOKENS = (BOS, START, EOS, PAD)  # a message is START, its role, a newline, its content, EOS
VOCABULARY_SIZE = 264  # 256 bytes and the special tokens, rounded up to a multiple of 8
CONTEXT_LENGTH = 131072  # the longest that the provider trains (documented)

CHAT_TEMPLATE = r"""{{- bos_token -}}
{%- if tools -%}
    {{- '<|start|>tools\n' -}}
    {%- for tool in tools -%}
        {{- tool | tojson -}}
        {{- '\n' -}}
    {%- endfor -%}
    {{- '<|end|>\n' -}}
{%- endif -%}
{%- for message in messages -%}
    {{- '<|start|>' + message['role'] + '\n' -}}
    {%- if message['content'] is string -%}
        {{- message['content'] -}}
    {%- else -%}
        {%- for part in message['content'] or [] -%}
            {{- part['text'] -}}
        {%- endfor -%}
    {%- endif -%}
    {%- for call in message['tool_calls'] or [] -%}
        {{- '\n' if message['content'] or not loop.first -}}
        {{- 'call ' -}}
        {{- call | tojson -}}
    {%- endfor -%}
    {{- '<|end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<|start|>assistant\n' -}}
{%- endif -%}
"""


def token_id(special: str) -> int:
    """Return the id of a special token: they follow the 256 bytes."""
    return 256 + SPECIAL_TOKENS.index(special)


@cache
def tokenizer_json() -> bytes:
    """Return tokenizer.json for the ``tokenizers`` library: byte-level BPE without merges, a token a byte."""
    tokenizer: dict[str, object] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": token_id(token), **_added(token)} for token in SPECIAL_TOKENS],
        "normalizer": None,
        "pre_tokenizer": _byte_level(),
        "post_processor": None,
        "decoder": _byte_level(),
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": {letter: byte for byte, letter in enumerate(_alphabet())},
            "merges": [],
        },
    }
    return json.dumps(tokenizer, indent=2, ensure_ascii=False).encode()


@lru_cache(maxsize=32)
def tokenizer_config(context_length: int) -> bytes:
    """Return tokenizer_config.json for transformers; the chat template is a file of its own (observed)."""
    config = {
        "added_tokens_decoder": {str(token_id(token)): _added(token) for token in SPECIAL_TOKENS},
        "additional_special_tokens": [START],
        "bos_token": BOS,
        "clean_up_tokenization_spaces": False,
        "eos_token": EOS,
        "model_max_length": context_length,
        "pad_token": PAD,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    return json.dumps(config, indent=2).encode() + b"\n"


def _added(token: str) -> dict[str, str | bool]:
    """Return how a special token is found in text: literally, spaces around it kept."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"content": token, **flags, "special": True}


def _byte_level() -> dict[str, str | bool]:
    # Splitting text into words serves merges only, and there are none.
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def _alphabet() -> str:
    """Return the letter that stands for each of the 256 bytes in byte-level BPE (documented, GPT-2).

    Printable Latin-1 stands for itself; the other bytes take, in order, the letters from U+0100 on.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return "".join(chr(byte if byte in printable else 256 + others.index(byte)) for byte in range(256))
