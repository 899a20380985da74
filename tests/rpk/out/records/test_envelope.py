"""JSON records: the exact text, nothing lost, and what was printed is read back (UX-45, UX-46)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpk.out.records.envelope import json_formatter
from rpk.out.records.json_reader import JsonReader, from_kcat
from rpk.out.records.kcat import kcat_formatter

PRETTY = """\
{
  "topic": "foo",
  "key": "key",
  "value": "value",
  "headers": [
    {
      "key": "H1",
      "value": "V1"
    },
    {
      "key": "h2",
      "value": "v2"
    }
  ],
  "timestamp": 17000,
  "partition": 3,
  "offset": 343
}
"""


def read(data, *, step=0, convert=None):
    reader = JsonReader(convert) if convert else JsonReader()
    records = []
    for at in range(0, len(data), step or len(data) or 1):
        records += reader.feed(data[at : at + (step or len(data))])
    return records + reader.finish(), reader.error


def test_pretty_text(record):
    assert json_formatter(pretty=True)([record()]).decode() == PRETTY


def test_one_line_text(record):
    plain = record(key=None, headers=None, value=b'<&>"\\\n\x01\xe2\x80\xa8\xc3\xa9')
    assert json_formatter(pretty=False)([plain]).decode() == (
        '{"topic":"foo","value":"\\u003c\\u0026\\u003e\\"\\\\\\n\\u0001\\u2028é",'
        '"timestamp":17000,"partition":3,"offset":343}\n'
    )


def test_absent_null_and_empty(record):
    text = json_formatter(pretty=False)([record(key=b"", value=None, headers=[("a", None), ("a", b"")])])
    item = json.loads(text)
    assert item["key"] == ""
    assert "value" not in item
    assert item["headers"] == [{"key": "a", "value": None}, {"key": "a", "value": ""}]


def test_meta_only(record):
    item = json.loads(json_formatter(pretty=True, meta_only=True)([record()]))
    assert item["value_size"] == 5
    assert "value" not in item


def test_terminals_obey_nothing(record):
    text = json_formatter(pretty=False, terminal=True)([record(value="\x1b\x7f\x9b\u202e".encode())])
    assert b'"value":"\\u001b\\u007f\\u009b\\u202e"' in text


def test_kcat_text(record):
    assert kcat_formatter()([record(key=None)]).decode() == (
        '{"topic":"foo","partition":3,"offset":343,"tstype":"create","ts":17000,'
        '"headers":["H1","V1","h2","v2"],"key":null,"payload":"value"}\n'
    )


FIELD = st.none() | st.binary(max_size=12) | st.text(max_size=8).map(lambda text: text.encode())
NAME = st.text(max_size=6) | st.binary(max_size=6).map(lambda data: data.decode("utf-8", "surrogateescape"))
RECORDS = st.lists(
    st.tuples(FIELD, FIELD, st.lists(st.tuples(NAME, FIELD), max_size=3), st.integers(0, 1 << 50)), max_size=6
)


@given(RECORDS, st.booleans(), st.integers(1, 300))
def test_nothing_is_lost_on_the_way_back(record_type, fields, pretty, step):
    records = [
        record_type(key=key, value=value, headers=headers, timestamp=timestamp)
        for key, value, headers, timestamp in fields
    ]
    data = json_formatter(pretty=pretty)(records)
    found, error = read(data, step=step)
    assert error is None
    assert [(r["key"], r["value"], r.get("headers", []), r["timestamp"]) for r in found] == fields


def test_kcat_is_read_back(record):
    found, error = read(kcat_formatter()([record(), record(key=None, headers=None)]), convert=from_kcat)
    assert error is None
    assert found[0] == {
        "topic": "foo", "key": b"key", "value": b"value", "headers": [("H1", b"V1"), ("h2", b"v2")], "timestamp": 17000,
    }  # fmt: skip
    assert found[1]["key"] is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [('{"a": [1, 2]}', b'{"a":[1,2]}'), ("7", b"7"), ("true", b"true"), ('"x"', b"x"), ("null", None)],
)
def test_values_of_any_kind(value, expected):
    found, error = read(f'{{"value": {value}}}'.encode())
    assert error is None
    assert found[0]["value"] == expected


@pytest.mark.parametrize(
    "text",
    [
        "foo", "[{}]", '{"vlaue": "x"}', '{"value": bad, "key": "aaaaaaaaaaaaaa"}', '{"value": "a"', '{"value": NaN}',
        '{"value_size": 3}', '{"value": "!", "value_encoding": "base64"}', '{"value": "x", "value_encoding": "rot13"}',
        '{"headers": {"a": "b"}}', '{"headers": [{"value": "b"}]}', '{"timestamp": "now"}', '{"topic": 3}',
        '{"value": {"a": 1}, "value_encoding": "base64"}', '{"value": "x", "value_error": "no"}', "{" * 50000,
        '{"headers": [{"key": "a", "vlaue": "b"}]}', '{"timestamp": true}',
    ],
)  # fmt: skip
def test_bad_json_ends_the_stream_after_the_good_records(text):
    found, error = read(b'{"value": "good"}\n' + text.encode())
    assert [record["value"] for record in found] == [b"good"]
    assert error is not None
    assert error.record == 2


def test_a_bad_line_is_an_error_at_once():
    reader = JsonReader()
    reader.feed(b"not json\n")
    assert reader.error is not None


def test_bytes_that_are_no_utf_8():
    reader = JsonReader()
    reader.feed(b'{"value": "\xff"}')
    assert reader.error is not None
