"""Filters of consume: what they match and how they are refused."""

import pytest

from rpk.out.errors import UsageError
from rpk.topic.filters import compile_filters


class Record:
    def __init__(self, key=b"key", value=b"value", headers=(("env", b"prod"), ("env", b"test"), ("x", None))):
        self._key, self._value, self._headers = key, value, list(headers)

    def key(self):
        return self._key

    def value(self):
        return self._value

    def headers(self):
        return self._headers or None


def matches(record, *, greps=(), keys=(), values=(), headers=()):
    predicate = compile_filters(greps, keys, values, headers)
    assert predicate is not None
    return predicate(record)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("k:^key$", True), ("k:e", True), ("k:z", False), ("!k:z", True), ("!k:e", False), ("v:al", True), ("v:a:b", False),
        ("h:env=^prod$", True), ("h:env=^test$", True), ("h:env=stage", False), ("!h:env=stage", True), ("h:x=", False),
        ("h:none=", False),
    ],
)  # fmt: skip
def test_grep(spec, expected):
    assert matches(Record(), greps=[spec]) is expected


def test_all_must_match():
    assert matches(Record(), greps=["k:key"], values=["val*"], headers=["env=prod"], keys=["k?y"])
    assert not matches(Record(), greps=["k:key"], values=["val"])


def test_null_matches_nothing_but_its_negation():
    record = Record(key=None, value=None, headers=())
    assert not matches(record, greps=["k:"])
    assert not matches(record, values=["*"])
    assert matches(record, greps=["!v:."])


def test_bytes_that_are_no_text():
    assert matches(Record(value=b"\xff\x00line\nmore"), greps=["v:line\nmore"], values=["*more"])


def test_no_filters():
    assert compile_filters((), (), (), ()) is None


@pytest.mark.parametrize("spec", ["key", "k", "x:a", "h:name", "k:(", "", "!"])
def test_refused_grep(spec):
    with pytest.raises(UsageError):
        compile_filters([spec], (), (), ())


def test_refused_header_glob():
    with pytest.raises(UsageError):
        compile_filters((), (), (), ["name"])
