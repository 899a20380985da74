"""Output layouts: every vector, every modifier, every refusal."""

import pytest

from rpk.out.records.errors import LayoutError
from rpk.out.records.formatter import Formatter

VECTORS = [
    ("%T %t{hex}", b"3 666f6f"),
    ("%K{big32}", b"\x00\x00\x00\x03"),
    ("%V{hex4}", b"5"),
    ("%V{hex64}", b"0000000000000005"),
    ("%v{base64} %v{base64raw}", b"dmFsdWU= dmFsdWU"),
    ("%H:%h{%k=%v;}", b"2:H1=V1;h2=v2;"),
    ("%d{strftime[%F %T]}", b"1970-01-01 00:00:17"),
    ("%d{strftime### [%F] ###}", b" [1970-01-01] "),
    ("%d{go[2006-01-02T15:04:05Z07:00]}", b"1970-01-01T00:00:17Z"),
    ("%[ %| %]", b"333 666 999"),
    ("%a{compression} %a{compression;number}", b"zstd 4"),
    ("%i%i", b"12"),
    ("%o{bool} %e", b"true -1"),
    (r"%{%}%%\x80", b"{}%\x80"),
    (r"%t\t%k\n%v\r\\", b"foo\tkey\nvalue\r\\"),
    ("%p %o %d %x %y %D %A", b"3 343 17000 7 1 0 0"),
    ("%v{", b"value{"),
    ("%v{}|%k{}", b"value|key"),
    ("%T%K%V%H", b"3352"),
    ("%h{%K:%k %V:%v{hex}%i,}", b"2:H1 2:56311,2:h2 2:76322,"),
    ("%h{{%k}}", b"{H1}{h2}"),
    ("%h{%{%k%}}", b"{H1}{h2}"),
    ("%e{hex} %e{hex8} %e{big16}", b"ffffffffffffffff ff \xff\xff"),
    ("%o{hex} %o{hex32} %o{hex16} %o{hex8} %o{hex4}", b"157 00000157 0157 57 7"),
    ("%o{little16}%o{big8}%o{little8}%o{byte}", b"\x57\x01\x57\x57\x57"),
    ("%o{ascii} %o{number}", b"343 343"),
    ("%d{hex} %d{bool}", b"4268 true"),
    ("%a{timestamp-type} %a{transactional-bit} %a{control-bit}", b"0 0 0"),
    ("%[{hex8} %]{big16}", b"4d \x03\xe7"),
    ("literal", b"literal"),
    ("", b""),
]


@pytest.mark.parametrize(("layout", "expected"), VECTORS)
def test_vector(record, layout, expected):
    assert Formatter(layout)([record()]) == expected


@pytest.mark.parametrize(
    ("letters", "value", "expected"),
    [
        ("H", b"\x00\x01", b"256"),
        (">H", b"\x00\x01", b"1"),
        ("BBc", b"\x00\x01", b"01%!c(no bytes available)"),
        ("b", b"\xff", b"255"),
        ("h", b"\xff\xff", b"-1"),
        (">i<Hs", b"\x00\x00\x00\x02\x01\x00rest", b"21rest"),
        ("xxB$", b"\x05", b"5"),
        ("B$", b"\x05\x06", b"5%!$(not end-of-input)"),
        ("q", b"abc", b"%!(have 3 bytes, need 8)"),
        ("is$", b"\x07\x00\x00\x00tail", b"7tail"),
        ("c.", b"ab", b"ab"),
    ],
)
def test_unpack(record, letters, value, expected):
    assert Formatter(f"%v{{unpack[{letters}]}}")([record(value=value)]) == expected


def test_twelve_o_clock_is_zero(record):
    noon = record(timestamp=12 * 3600 * 1000)
    assert Formatter("%d{strftime[%I %l %r]}")([noon]) == b"00  0 00:00:00 PM"


@pytest.mark.parametrize(
    "layout",
    [
        "%T% t{hex}", "%h{}", "%h", "%a", "%a{nope}", "%a{compression;nope}", "%K{}", "%o{nope}", "%v{nope}", "%q", "%",
        "\\q", "\\", "\\x8", "\\xzz", "%v{hex", "%h{%k", "%v{unpack}", "%v{unpack[}", "%v{unpack[sb]}", "%v{unpack[y]}",
        "%d{strftime}", "%d{strftime[%F}", "%d{go[2006]", "%h{%p}", "%v{strftime[%F]}", "%d{unpack[i]}",
    ],
)  # fmt: skip
def test_refused_before_dialing(layout):
    with pytest.raises(LayoutError) as caught:
        Formatter(layout)
    assert caught.value.exit_code == 2


def test_nulls_print_empty(record):
    empty = record(key=None, value=None, headers=None, leader_epoch=None)
    assert Formatter("[%k|%v|%K|%V|%H|%h{%k}|%e]")([empty]) == b"[||0|0|0||-1]"


def test_join_and_template_agree_on_many_records(record):
    records = [record(value=b"%d" % number) for number in range(5)]
    assert Formatter(r"%v\n")(records) == b"0\n1\n2\n3\n4\n"
    assert Formatter(r"%v-%o\n")(records) == b"0-343\n1-343\n2-343\n3-343\n4-343\n"
    assert Formatter(r"%v\n")([]) == b""


def test_the_count_goes_on_over_batches(record):
    formatter = Formatter("%i ")
    assert formatter([record(), record()]) + formatter([record()]) == b"1 2 3 "


def test_watermarks_are_nil_outside_a_fetch(record):
    acked = record(log_start=None, last_stable=None, high_watermark=None)
    assert Formatter("%[ %| %]")([acked]) == b"<nil> <nil> <nil>"


def test_terminal_escapes_text_but_not_the_layout(record):
    hostile = record(value=b"\x1b[2Jhi\tthere\n\xff", key=b"\x07")
    assert Formatter(r"\x1b[1m%k %v", terminal=True)([hostile]) == b"\x1b[1m\\a \\x1b[2Jhi\tthere\n\\xff"
    assert Formatter("%v{unpack[s]}", terminal=True)([hostile]).startswith(b"\\x1b")


def test_needs_batches_names_what_messages_lack():
    assert not Formatter("%t %k %v %p %o %d %e %h{%k}").needs_batches
    for layout in ("%x", "%y", "%a{compression}", "%[", "%|", "%]"):
        assert Formatter(layout).needs_batches
