"""CPU masks and lists as the kernel writes them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.tune.irq.masks import cpus, format_list, format_mask, highest, lowest, parse_list, parse_mask, union

MASKS = st.integers(min_value=0, max_value=(1 << 300) - 1)


@given(MASKS)
def test_masks_round_trip(mask):
    assert parse_mask(format_mask(mask)) == mask
    assert parse_list(format_list(mask)) == mask
    assert union(1 << cpu for cpu in cpus(mask)) == mask
    assert lowest(mask) | highest(mask) | mask == mask


@given(MASKS, st.integers(min_value=0, max_value=9))
def test_leading_groups_mean_nothing(mask, groups):
    first, comma, rest = format_mask(mask).partition(",")
    assert parse_mask("00000000," * groups + first.rjust(8, "0") + comma + rest) == mask


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("00000003", 3),
        ("3", 3),
        ("1,00000000", 1 << 32),
        ("ffffffff,ffffffff", (1 << 64) - 1),
        ("00,000000f0", 0xF0),
    ],
)
def test_kernel_texts(text, mask):
    assert parse_mask(text) == mask


@pytest.mark.parametrize("text", ["", "0x3", "3,", ",3", "123456789", "g", "1 2"])
def test_no_masks(text):
    with pytest.raises(ValueError, match="is no CPU mask"):
        parse_mask(text)


@pytest.mark.parametrize("text", ["a", "3-1", "1-", "-1", "1,,2", "0-99999", "1 2"])
def test_no_lists(text):
    with pytest.raises(ValueError, match="is no list"):
        parse_list(text)


@given(st.text(max_size=20))
def test_any_text_is_a_mask_or_an_error(text):
    for parse in (parse_mask, parse_list):
        with contextlib.suppress(ValueError):
            assert parse(text) >= 0


def test_no_empty_groups_and_no_prefix():
    assert format_mask(1 << 40 | 5) == "100,00000005"
    assert format_mask(0) == "0"
    assert format_list(0b1011101) == "0,2-4,6"
