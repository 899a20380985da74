"""Nothing a broker or a record says can drive the terminal (UX-16)."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rpk.out.escape import for_terminal, one_line


@given(st.text(st.characters(exclude_categories=())))
def test_no_control_character_is_left(text):
    assert not any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in one_line(text))
    assert not any(
        unicodedata.category(letter) == "Cc" and letter not in "\t\n" for letter in for_terminal(text)
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp", "Cs"))))
def test_ordinary_text_is_left_alone(text):
    assert one_line(text) == text


def test_bytes_that_were_no_text_show_as_bytes():
    assert one_line(b"a\xff".decode("utf-8", "surrogateescape")) == "a\\xff"
    assert one_line("\x1b]0;title\x07\r\n") == "\\x1b]0;title\\a\\r\\n"
    assert for_terminal("a\tb\n\x1b") == "a\tb\n\\x1b"
