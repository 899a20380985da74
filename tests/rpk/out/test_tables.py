"""The layout scripts cut columns from (UX-09)."""

from hypothesis import given
from hypothesis import strategies as st

from rpk.out.tables import Column, Pairs, Table, Text, cell

COLUMNS = (Column("NAME", "name"), Column("N", "n"), Column("RACK", "rack", wide=True))


def lines(view, **options):
    return list(view.lines(**options))


def test_columns_are_two_apart_at_least_six_wide_and_the_last_is_unpadded():
    rows = [{"name": "a", "n": 1}, {"name": "long-name", "n": 12}]
    assert lines(Table(COLUMNS, rows)) == ["NAME       N", "a          1", "long-name  12"]
    assert lines(Table((Column("A", "a"), Column("B", "b")), [{"a": 1, "b": 2}])) == ["A     B", "1     2"]


def test_wide_adds_columns_and_headers_can_go():
    rows = [{"name": "a", "n": 1, "rack": "r"}]
    assert lines(Table(COLUMNS, rows), wide=True) == ["NAME  N     RACK", "a     1     r"]
    assert lines(Table(COLUMNS, rows), headers=False) == ["a     1"]


def test_no_rows_still_have_a_header():
    assert lines(Table(COLUMNS, [])) == ["NAME  N"]


def test_pairs_and_text():
    assert lines(Pairs([("NAME", "x"), ("PARTITIONS", 3)])) == ["NAME        x", "PARTITIONS  3"]
    assert lines(Text("a\x1b[31mb")) == ["a\\x1b[31mb"]


def test_cells():
    assert [cell(value) for value in (None, "", True, False, [0, 1, 2], (), 0)] == [
        "-", "-", "true", "false", "[0 1 2]", "[]", "0",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_one_line_an_item_whatever_is_in_it(rows):
    table = Table(COLUMNS[:2], [{"name": name, "n": n} for name, n in rows])
    found = lines(table)
    assert len(found) == len(rows) + 1
    assert all((len(line.splitlines()) <= 1 and line.isprintable()) or not line.isascii() for line in found)
