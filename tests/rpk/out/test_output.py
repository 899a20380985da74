"""What goes to stdout and stderr in each format (UX-01, UX-03, UX-07, UX-08, UX-14, UX-22)."""

import io
import json

import pytest
import yaml

from rpk.out.errors import ItemsFailed, NotFound, UsageError
from rpk.out.output import ItemResult, Output
from rpk.out.tables import Column, Pairs, Table

COLUMNS = (Column("NAME", "name"), Column("N", "n"))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def output(format="text", **options):
    return Output(format=format, stdout=io.StringIO(), stderr=io.StringIO(), environment={}, **options)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("text", "NAME  N\n"),
        ("json", "[]\n"),
        ("yaml", "[]\n"),
    ],
)
def test_an_empty_table(format, text):
    out = output(format)
    out.table(COLUMNS, [])
    assert out.stdout.getvalue() == text


def test_a_document_carries_its_schema_version():
    out = output("json")
    out.document({"name": "x"}, Pairs([("NAME", "x")]))
    assert out.stdout.getvalue() == '{"schema_version":1,"name":"x"}\n'


def test_sections_have_titles_and_blank_lines_between():
    out = output()
    rows = [{"name": "a", "n": 1}]
    out.document({}, Pairs([("NAME", "x")], title="SUMMARY"), Table(COLUMNS, rows, title="ROWS"))
    assert out.stdout.getvalue() == "SUMMARY\n=======\nNAME  x\n\nROWS\n====\nNAME  N\na     1\n"


@pytest.mark.parametrize("format", ["text", "json", "yaml"])
def test_one_bad_item_prints_every_row_and_fails(format):
    out = output(format)
    bad = NotFound(
        "cannot delete topic b", cause="UNKNOWN_TOPIC: no such topic", name="UNKNOWN_TOPIC", code=3
    )
    with pytest.raises(ItemsFailed, match="1 of 2 topics failed") as caught:
        out.results("topic", [ItemResult("a", partitions=3), ItemResult("b", bad)])
    assert caught.value.exit_code == 1
    text = out.stdout.getvalue()
    if format == "text":
        assert text == "TOPIC  STATUS\na      OK\nb      UNKNOWN_TOPIC: no such topic\n"
        return
    rows = json.loads(text) if format == "json" else yaml.safe_load(text)
    assert rows[0] == {"name": "a", "ok": True, "error": None, "partitions": 3}
    assert rows[1]["ok"] is False
    assert list(rows[1]["error"]) == ["code", "name", "message", "hint", "retryable"]
    assert rows[1]["error"]["code"] == 3


def test_errors_are_a_json_line_or_three_labelled_lines():
    error = NotFound("there is no x", cause="it is gone", hint="make one")
    out = output("json")
    out.error(error)
    assert json.loads(out.stderr.getvalue()) == {
        "code": 5,
        "name": "NOT_FOUND",
        "message": "there is no x: it is gone",
        "hint": "make one",
        "retryable": False,
    }
    assert out.stdout.getvalue() == ""
    out = output()
    out.error(error)
    assert out.stderr.getvalue() == "error: there is no x\ncause: it is gone\nhint: make one\n"


def test_a_stream_is_one_object_a_line():
    out = output("json")
    out.line({"a": 1}, "one")
    out.line({"a": 2}, "two")
    assert [json.loads(line) for line in out.stdout.getvalue().splitlines()] == [{"a": 1}, {"a": 2}]


def test_a_question_without_a_terminal_is_a_usage_error_naming_the_flag():
    out = output(stdin=io.StringIO("y\n"))
    with pytest.raises(UsageError) as caught:
        out.confirm("Delete it?", flag="--no-confirm")
    assert caught.value.exit_code == 2
    assert "--no-confirm" in caught.value.hint


@pytest.mark.parametrize(
    ("answer", "yes"), [("y\n", True), ("YES\n", True), ("\n", False), ("", False), ("n\n", False)]
)
def test_a_question_on_a_terminal(answer, yes):
    out = output(stdin=Terminal(answer))
    assert out.confirm("Delete it?") is yes
    assert out.stderr.getvalue() == "Delete it? [y/N] "
    assert out.stdout.getvalue() == ""


def test_yes_and_no_input():
    assert output(assume_yes=True).confirm("Sure?")
    assert output().confirm("Sure?", assume_yes=True)
    with pytest.raises(UsageError, match="not confirmed"):
        output(no_input=True, stdin=Terminal("y\n")).confirm("Sure?")


@pytest.mark.parametrize(("answer", "yes"), [("12\n", True), ("y\n", False), ("11\n", False)])
def test_many_items_want_their_number(answer, yes):
    assert output(stdin=Terminal(answer)).confirm_count("Delete 12 topics?", 12) is yes
