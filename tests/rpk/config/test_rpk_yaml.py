"""rpk.yaml: versions, unknown keys, hostile content, and that reading never writes (UX-30, UX-33)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rpk.config import rpk_yaml
from rpk.out.errors import RpkError


def write(tmp_path, text):
    path = tmp_path / "rpk.yaml"
    path.write_text(text)
    return str(path)


def test_a_missing_file_is_empty(tmp_path):
    file = rpk_yaml.load(str(tmp_path / "rpk.yaml"))
    assert not file.exists
    assert file.names() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 7\n", "newer than this rpk"),
        ("version: x\n", "must be a number"),
        ("- a\n", "must be a mapping"),
        ("a: [\n", "not valid YAML"),
        ("profiles: 3\n", "list of mappings"),
        ("profiles: [x]\n", "list of mappings"),
    ],
)
def test_bad_files_are_named(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(RpkError, match=message) as caught:
        rpk_yaml.load(path)
    assert path in caught.value.message


def test_unknown_keys_warn_with_the_nearest(tmp_path):
    warnings = []
    text = "version: 6\nprofils: []\nprofiles:\n- name: a\n  kafka_api: {broker: [x]}\n"
    rpk_yaml.load(write(tmp_path, text), warnings.append)
    assert len(warnings) == 2
    assert 'did you mean "profiles"' in warnings[0]
    assert 'did you mean "brokers"' in warnings[1]


def test_older_versions_are_migrated_in_memory_only(tmp_path):
    path = write(tmp_path, "version: 3\ndefaults: {dial_timeout: 1s}\nprofiles: []\n")
    before = (tmp_path / "rpk.yaml").read_bytes()
    assert rpk_yaml.load(path).globals == {"dial_timeout": "1s"}
    assert (tmp_path / "rpk.yaml").read_bytes() == before


def test_an_empty_tls_section_means_tls():
    assert rpk_yaml.settings_of({"kafka_api": {"tls": {}}}, "f") == {"tls.enabled": "true"}
    assert rpk_yaml.settings_of({"kafka_api": {"tls": {"enabled": False}}}, "f") == {"tls.enabled": "false"}
    found = rpk_yaml.settings_of({"admin_api": {"tls": {"truststore_file": "x"}}}, "f")
    assert found == {"admin.tls.enabled": "true", "admin.tls.ca": "x"}


def test_node_addresses_may_be_mappings():
    found = rpk_yaml.settings_of({"kafka_api": {"brokers": [{"address": "a", "port": 1}, "b:2"]}}, "f")
    assert found == {"brokers": "a:1,b:2"}


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["kafka_api", "tls", "sasl", "brokers", "admin_api", "addresses", "user", "globals", "prompt", "address"]
    ), inner, max_size=4), max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["kafka_api", "admin_api", "globals", "schema_registry"]), trees))
def test_any_content_gives_texts_or_an_error(data):
    try:
        found = rpk_yaml.settings_of(data, "f")
    except RpkError:
        return
    assert all(isinstance(value, str) for value in found.values())


@example({"name": "\x85", "description": "a\u2028b"})
@given(st.dictionaries(st.sampled_from(["name", "description"]), st.text(max_size=20)))
def test_what_is_saved_is_loaded(tmp_path_factory, profile):
    path = str(tmp_path_factory.mktemp("x") / "rpk.yaml")
    file = rpk_yaml.RpkYaml.empty(path)
    file.profiles.append(profile)
    assert file.save()
    assert not file.save()
    assert rpk_yaml.load(path).profiles == [profile]
