import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.errors import ConfigError
from engine.config.yaml_file import FILE_BYTES_MAX, parse_yaml, read_yaml_mapping


def test_plain_values():
    text = "a: 1\nb: [x, 2.5, true, null, 2024-01-01]\nc: {d: 'e'}\n"
    assert parse_yaml(text, file="f") == {"a": 1, "b": ["x", 2.5, True, None, "2024-01-01"], "c": {"d": "e"}}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "more than"),
        ("a: &a [*a]", "deeper"),
        ("[" * 5000, "deeper"),
        ("a: " + "{b: " * 5000, "deeper"),
        ("a: 1\na: 2", "twice"),
        ("? [x]\n: 1", "must be text"),
        ("a: !!python/object:os.system x\nb: [", "not valid YAML"),
        ("a: b: c", "line 1"),
        ("\x00", "not valid YAML"),
        ("a: !!int " + "9" * 5000, "not valid YAML"),
    ],
)
def test_hostile_text_is_one_clear_error(text, said):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, file="redpanda.yaml")
    message = str(caught.value)
    assert said in message
    assert message.startswith("redpanda.yaml")
    assert "\n" not in message
    assert len(message) < 400


@given(st.text(max_size=80))
def test_any_text_gives_a_value_or_one_error(text):
    try:
        parse_yaml(text, file="f")
    except ConfigError as error:
        assert "\n" not in str(error)


def test_files_that_cannot_be_used(tmp_path):
    big = tmp_path / "big.yaml"
    big.write_bytes(b" " * (FILE_BYTES_MAX + 1))
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: \xff")
    scalar = tmp_path / "scalar.yaml"
    scalar.write_text("hello")
    for path in (big, latin, scalar, tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(ConfigError, match=str(path)):
            read_yaml_mapping(path)
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    assert read_yaml_mapping(empty) == {}
