"""Edits of other programs' option files: nothing that was there is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.tune.grub import CmdlineUnclear, with_options
from rpk.tune.irq.irqbalance_file import OptionsUnclear, ban, banned

WORDS = st.text(alphabet="abcxyz=.-_0123456789/", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", 'OPTIONS="--banirq=3 --banirq=7"\n'),
        ("# c\n", '# c\nOPTIONS="--banirq=3 --banirq=7"\n'),
        ('OPTIONS="--foo"\nB=1\n', 'OPTIONS="--foo --banirq=3 --banirq=7"\nB=1\n'),
        ("OPTIONS=--foo\n", 'OPTIONS="--foo --banirq=3 --banirq=7"\n'),
        ("OPTIONS='--foo'", "OPTIONS='--foo --banirq=3 --banirq=7'"),
        ('OPTIONS="" # none\n', 'OPTIONS="--banirq=3 --banirq=7" # none\n'),
        ("OPTIONS=--foo # one\n", 'OPTIONS="--foo --banirq=3 --banirq=7" # one\n'),
        ('OPTIONS="--banirq=3"\n', 'OPTIONS="--banirq=3 --banirq=7"\n'),
        ("#OPTIONS=x\n", '#OPTIONS=x\nOPTIONS="--banirq=3 --banirq=7"\n'),
        ('export OPTIONS="a"\n', 'export OPTIONS="a --banirq=3 --banirq=7"\n'),
    ],
)
def test_bans(before, after):
    assert ban(before, "OPTIONS", (7, 3)) == after
    assert banned(after, "OPTIONS") >= {3, 7}
    assert ban(after, "OPTIONS", (3, 7)) == after


@pytest.mark.parametrize("text", ['OPTIONS="a"\nOPTIONS="b"\n', 'OPTIONS="a\n', 'OPTIONS="a""b"\n'])
def test_unclear_options(text):
    with pytest.raises(OptionsUnclear):
        ban(text, "OPTIONS", (3,))


@given(st.lists(WORDS, max_size=6), st.lists(WORDS, min_size=1, max_size=3))
def test_boot_options_are_added_and_none_is_lost(old, new):
    line = f'GRUB_CMDLINE_LINUX="{" ".join(old)}"'
    before = f"A=1\n# GRUB_CMDLINE_LINUX=x\n{line}\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n"
    after = with_options(before, new)
    start, _, rest = after.partition('\nGRUB_CMDLINE_LINUX="')
    value, _, end = rest.partition('"')
    assert (start, end) == ("A=1\n# GRUB_CMDLINE_LINUX=x", "\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n")
    words = value.split()
    assert words[: len(old)] == old
    for option in new:
        name = option.partition("=")[0]
        assert [word for word in words if word.partition("=")[0] == name]
    assert with_options(after, new[-1:]) == after


def test_values_with_equals_signs_and_repeats_stay():
    text = 'GRUB_CMDLINE_LINUX="root=UUID=abc console=tty0 console=ttyS0"\n'
    assert with_options(text, ["intel_pstate=disable"]) == (
        'GRUB_CMDLINE_LINUX="root=UUID=abc console=tty0 console=ttyS0 intel_pstate=disable"\n'
    )
    assert with_options(text, ["console=ttyS0"]) == text


@pytest.mark.parametrize(
    "text", ["", 'GRUB_CMDLINE_LINUX="a"\nGRUB_CMDLINE_LINUX="b"\n', 'GRUB_CMDLINE_LINUX="a\n']
)
def test_unclear_boot_options(text):
    with pytest.raises(CmdlineUnclear):
        with_options(text, ["a=1"])
