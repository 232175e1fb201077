"""Whatever happens to a file, the answer is problems with places, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.catalogue.made import problems
from tests.unit.catalogue.test_example import EXAMPLE

from sla_catalogue.builtin import builtin_texts

WHOLE = "\n".join(file.read_text("utf-8") for file in sorted(EXAMPLE.glob("*.yaml")))
SHIPPED = builtin_texts()[0].text


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """A few lines lost, doubled, re-indented or with a word replaced."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["lose", "double", "indent", "word", "swap"])):
            case "lose":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = "  " + lines[at]
            case "word":
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(
                    st.sampled_from(
                        ["[]", "{}", "null", "-1", "'", "*x", "&x", "1 month", "PL", "🦀", "P1", ": :", "- -"]
                    )
                )
                lines[at] = " ".join(words)
            case _:
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@pytest.mark.parametrize("text", [WHOLE, SHIPPED], ids=["example", "shipped"])
def test_damage_is_told_and_never_raises(text: str, tmp_path: Path) -> None:
    @settings(max_examples=settings.default.max_examples // 2)
    @given(damaged(text))
    def prove(broken: str) -> None:
        for problem in problems(tmp_path, broken):
            assert problem.message
            assert problem.line >= 0

    prove()
