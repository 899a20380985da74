import pytest

from engine.model.topic_name import topic_name_error


@pytest.mark.parametrize("name", ["orders", "a", "A.b_c-9", "x" * 249, "..."])
def test_legal_names(name):
    assert topic_name_error(name) is None


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 250, "a b", "ü", "a/b", "a\n"])
def test_illegal_names_are_explained(name):
    assert topic_name_error(name)
