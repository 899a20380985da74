"""Input layouts: every vector, chunks of any size, hostile input, and what the formatter wrote read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.out.records.errors import LayoutError, UnexpectedEnd
from rpk.out.records.formatter import Formatter
from rpk.out.records.reader import LayoutReader


def read(layout, data, *, step=0, strict=False):
    reader = LayoutReader(layout, strict=strict)
    records = []
    for at in range(0, len(data), step or len(data) or 1):
        records += reader.feed(data[at : at + (step or len(data))])
    return records + reader.finish(), reader.error


VECTORS = [
    (r"%K%k %V%v\n", b"2ab 3xyz\n", [{"key": b"ab", "value": b"xyz"}]),
    (r"%k %v\n", b"a b c\n", [{"key": b"a", "value": b"b c"}]),
    (r"%k\t%v\n", b"a\t\n", [{"key": b"a", "value": b""}]),
    ("%T{6}%t{hex}", b"666f6f", [{"topic": "foo"}]),
    (r"%v{json}\n", b'{"a": 1}', [{"value": b'{"a":1}'}]),
    (r"%k %v{json}\n", b'k {"a":\n "b  c"}\n', [{"key": b"k", "value": b'{"a":"b  c"}'}]),
    (r"%H{2}%v %h{%k=%v;}\n", b"val a=1;b=2;\n", [{"value": b"val", "headers": [("a", b"1"), ("b", b"2")]}]),
    (r"%H %h{%K{byte}%k%V{byte}%v}%v\n", b"1 \x01a\x02bcv\n", [{"headers": [("a", b"bc")], "value": b"v"}]),
    (r"%v\n", b"a\nb", [{"value": b"a"}, {"value": b"b"}]),
    ("%v", b"all\nof it", [{"value": b"all\nof it"}]),
    ("%v", b"", []),
    (r"%p %d %v\n", b"3 17000 x\n", [{"partition": 3, "timestamp": 17000, "value": b"x"}]),
    (r"%o %e %x %y %v\n", b"1 2 3 4 x\n", [{"value": b"x"}]),
    (r"%p{7}%v\n", b"x\n", [{"partition": 7, "value": b"x"}]),
    ("%V{big16}%v", b"\x00\x01a\x00\x00\x00\x02bc", [{"value": b"a"}, {"value": b""}, {"value": b"bc"}]),
    ("%V{little32}%v", b"\x01\x00\x00\x00a", [{"value": b"a"}]),
    ("%V{hex8}%v{base64}", b"08YWJjZA==", [{"value": b"abcd"}]),
    (r"%p{bool}%v\n", b"truex\nfalsey\n", [{"partition": 1, "value": b"x"}, {"partition": 0, "value": b"y"}]),
    (
        r"%k{re#[a-z]+#}%v{re#\d*#}\n",
        b"ab12\nc\n",
        [{"key": b"ab", "value": b"12"}, {"key": b"c", "value": b""}],
    ),
    (r"%k::%v\r\n", b"a:::b\r\n", [{"key": b"a", "value": b":b"}]),
    (r"%t %k %v\n", b"t k v\n", [{"topic": "t", "key": b"k", "value": b"v"}]),
    (r"%k\t%v\n", b"a\nb\tc\n", [{"key": b"a\nb", "value": b"c"}]),
]


@pytest.mark.parametrize(("layout", "data", "expected"), VECTORS)
@pytest.mark.parametrize("step", [0, 1, 3])
def test_vector(layout, data, expected, step):
    assert read(layout, data, step=step) == (expected, None)


@pytest.mark.parametrize(
    ("layout", "data", "good"),
    [
        (r"%p\n", b"-1\n", 0),
        (r"%p\n", b"x\n", 0),
        (r"%d %v\n", b"1 a\nb c\n", 1),
        (r"a%vb\n", b"axb\nq", 1),
        (r"%k\t%v\n", b"a\tb\nc", 1),
        (r"%V %v\n", b"9 abc\n", 0),
        (r"%V %v\n", b"99999999999 abc\n", 0),
        (r"%V %v\n", b"99999999999999999999999 abc\n", 0),
        (r"%v{hex}\n", b"61\nzz\n", 1),
        (r"%v{base64}\n", b"YQ==\n!!\n", 1),
        (r"%v{json}\n", b"nope\n", 0),
        (r"%v{json}\n", b"NaN\n", 0),
        (r"%v{json}\n", b"{'a':1}\n", 0),
        (r"%v{re[a+]}\n", b"bbb\n", 0),
        (r"%v{re[a*]}", b"b", 0),
        (r"%H{9}%h{%K{0}%k}%v\n", b"x\n", 0),
        (r"%V{0}%v", b"x", 0),
        (r"%p{bool}\n", b"maybe\n", 0),
        (r"%p\n", b"99999999999\n", 0),
    ],
)
@pytest.mark.parametrize("step", [0, 1])
def test_bad_input_ends_the_stream_after_the_good_records(layout, data, good, step):
    records, error = read(layout, data, step=step)
    assert len(records) == good
    assert error is not None
    assert error.record == good + 1
    assert error.exit_code == 1


def test_strict_wants_the_last_delimiter():
    records, error = read(r"%v\n", b"a\nb", strict=True)
    assert records == [{"value": b"a"}]
    assert isinstance(error, UnexpectedEnd)


@pytest.mark.parametrize(
    "layout",
    [
        "", "%p{3}", "%V%v{json}", "%V%v{re[a]}", r"%v%V\n", "%h{%k=%v;}", "%v{base64raw}", "%K{hex}", "%a{compression}",
        "%k%v", "%k%v\n", r"%i\n", r"%v{re[(]}\n", r"%d{strftime[%F]}\n", "%v%v", "%v{unpack[i]}", r"%[\n", r"%D\n",
        r"%H%h{%k=%v}\n", r"%H%h{%t}\n", r"%H%h{%p}\n", r"%h{%k;}%H\n", "%V{}%v", "%V{999999999999999999999}%v",
    ],
)  # fmt: skip
def test_refused_before_reading(layout):
    with pytest.raises(LayoutError):
        LayoutReader(layout)


def test_records_come_as_their_lines_do():
    reader = LayoutReader(r"%k %v\n")
    assert reader.feed(b"a b\nc") == [{"key": b"a", "value": b"b"}]
    assert reader.feed(b" d") == []
    assert reader.feed(b"\n") == [{"key": b"c", "value": b"d"}]


def test_a_huge_record_in_small_pieces_is_read_in_linear_time():
    reader = LayoutReader(r"%p %v\n")
    reader.feed(b"1 ")
    for _ in range(2000):
        assert reader.feed(b"x" * 1000) == []
    assert len(reader.feed(b"\n")[0]["value"]) == 2_000_000


BYTES = st.binary(max_size=20)
RECORDS = st.lists(
    st.tuples(BYTES, BYTES, st.lists(st.tuples(st.text(max_size=5), BYTES), max_size=3), st.integers(0, 99)),
    max_size=8,
)
LOSSLESS = [
    "%K{big32}%k%V{big32}%v%H{byte}%h{%K{big16}%k%V{big16}%v}%p{hex64}",
    "%K %k%V{little64}%v%H:%h{%K{hex8}%k%V %v}%p\n",
    "%k{hex} %v{base64}\t%H %h{%k{hex}=%v{base64};}%p{big16}",
    "%V{hex64} %v{hex}".replace("%V{hex64} ", "") + "|%k{base64}|%H{byte}%h{%k{base64},%v{hex},}%p\n",
]


@given(RECORDS, st.sampled_from(LOSSLESS), st.integers(1, 50))
def test_what_is_printed_is_read_back(record_type, fields, layout, step):
    records = [
        record_type(key=key, value=value, headers=headers, partition=partition)
        for key, value, headers, partition in fields
    ]
    found, error = read(layout, Formatter(layout)(records), step=step)
    assert error is None
    assert [(r["key"], r["value"], r["headers"], r["partition"]) for r in found] == fields


LAYOUTS = [layout for layout, _, _ in VECTORS] + LOSSLESS


@given(st.sampled_from(LAYOUTS), st.binary(max_size=60), st.integers(1, 60))
def test_any_bytes_give_records_or_an_error(layout, data, step):
    whole = read(layout, data)
    pieces = read(layout, data, step=step)
    assert whole[0] == pieces[0]
    assert (whole[1] is None) == (pieces[1] is None)
