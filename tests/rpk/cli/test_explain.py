"""Every code has an explanation (UX-27)."""

import json

import pytest

from rpk.cli.explanations import HTTP, KAFKA
from rpk.client.kafka_errors import all_codes


def test_every_kafka_code_is_explained():
    assert set(KAFKA) == {code for code, _, _ in all_codes()}
    assert all(meaning.endswith(".") for meaning, _, _ in KAFKA.values())
    assert all(entry[1].endswith(".") for entry in HTTP.values())


def test_by_number_by_name_and_by_kind(invoke):
    found = json.loads(invoke("explain", "3", "--format", "json").stdout)
    assert [item["kind"] for item in found] == ["kafka", "exit"]
    found = json.loads(invoke("explain", "not-leader-or-follower", "--format", "json").stdout)
    assert [(item["code"], item["retry"]) for item in found] == [(6, "safe")]
    found = json.loads(invoke("explain", "http", "503", "--format", "json").stdout)
    assert [item["name"] for item in found] == ["SERVICE_UNAVAILABLE"]
    assert (
        json.loads(invoke("explain", "--format", "json", "--", "-1").stdout)[0]["name"]
        == "UNKNOWN_SERVER_ERROR"
    )


@pytest.mark.parametrize("word", ["999", "NOT_LEEDER"])
def test_unknown_ones_end_with_5(invoke, word):
    result = invoke("explain", word)
    assert (result.status, result.stdout) == (5, "")


def test_all_of_them(invoke):
    rows = json.loads(invoke("explain", "--format", "json").stdout)
    assert len(rows) > 150
    assert all(row["meaning"] for row in rows)


@pytest.mark.parametrize("name", [None, "topic", "scripts"])
def test_cheat(invoke, name):
    result = invoke("cheat", *([name] if name else []))
    assert (result.status, result.stderr) == (0, "")
    assert "rpk" in result.stdout


def test_an_unknown_page_names_the_nearest(invoke):
    result = invoke("cheat", "topics")
    assert result.status == 5
    assert "rpk cheat topic" in result.stderr
