from __future__ import annotations

import pytest

from appliance.engines import llama_prompt
from appliance.engines.llama_prompt import PLAIN, Part
from tests.makers.gguf import CHAT_TEMPLATE

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] | trim }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{{ bos_token }}{% for m in messages %}<start>{{ m.content }}<end>{% endfor %}"
)


def shown(parts: tuple[Part, ...]) -> str:
    return "".join(part.markup or f"[{part.kind}]" for part in parts)


@pytest.mark.parametrize(
    ("source", "with_system", "without_system"),
    [
        (
            CHATML,
            "<|im_start|>system\n[system]<|im_end|>\n<|im_start|>user\n[text]<|im_end|>\n<|im_start|>assistant\n",
            "<|im_start|>user\n[text]<|im_end|>\n<|im_start|>assistant\n",
        ),
        (CHAT_TEMPLATE, "<s><|system|>[system]<|user|>[text]<|assistant|>", "<s><|user|>[text]<|assistant|>"),
        (NO_SYSTEM, "<s><start>[system]\n\n[text]<end>", "<s><start>[text]<end>"),
        ("{% generation %}{{ messages[-1].content }}{% endgeneration %}", "[system]\n\n[text]", "[text]"),
    ],
)
def test_templates_become_parts(source: str, with_system: str, without_system: str) -> None:
    template = llama_prompt.read(source, "<s>", "</s>")
    assert template.own
    assert shown(template.parts("Be kind.")) == with_system
    assert shown(template.parts("")) == without_system


@pytest.mark.parametrize(
    "source",
    [
        "",
        "{% for %}",
        "{{ nothing.at.all }}",
        "the words are left out",
        "{{ messages[0].content }}{{ messages[0].content }}",
        "{{ messages[0].content | upper }}",
        "{{ 1 / 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ raise_exception('no') }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ range(10 ** 9) | list }}",
        "x" * (llama_prompt.MAX_TEMPLATE_CHARS + 1),
    ],
    ids=lambda source: source[:40],
)
def test_a_useless_template_is_replaced(source: str) -> None:
    assert llama_prompt.read(source, "<s>", "</s>") == PLAIN


def test_the_plain_prompt() -> None:
    assert shown(PLAIN.parts("Be kind.")) == "[system]\n\n[text]\n"
    assert shown(PLAIN.parts("")) == "[text]\n"
