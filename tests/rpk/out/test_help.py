"""Wrapping of help screens (UX-15)."""

from hypothesis import given
from hypothesis import strategies as st

from rpk.out.help import Screen, render, wrap


@given(
    st.lists(st.text("abc-", min_size=1, max_size=12), max_size=30), st.integers(20, 100), st.integers(0, 4)
)
def test_wrapping_keeps_the_words_and_the_width(words, columns, indent):
    lines = list(wrap(" ".join(words), columns, indent))
    assert " ".join(lines).split() == words
    assert all(len(line) <= columns for line in lines)


def test_short_help_starts_with_two_examples_and_leaves_globals_out():
    screen = Screen(
        "rpk x",
        "rpk x [flags]",
        "Do x.",
        description=["More."],
        examples=[("rpk x a", "one"), ("rpk x b", "two"), ("rpk x c", "three")],
        sections=[("Flags", [("--a", "A.")]), ("Global flags", [("--b", "B.")])],
    )
    short = render(screen, full=False, columns=80)
    assert short.index("rpk x b") < short.index("Usage:")
    assert "rpk x c" not in short
    assert "--b" not in short
    full = render(screen, columns=80)
    assert "More." in full
    assert "rpk x c" in full
    assert "--b" in full
