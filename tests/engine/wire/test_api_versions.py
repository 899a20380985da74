import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.wire import cold
from engine.wire.api_versions import VERSION_MAX, VERSION_MIN, encode_api_versions_response

i16 = st.integers(-(2**15), 2**15 - 1)
names = st.text(min_size=1, max_size=20)


@pytest.mark.parametrize("version", range(VERSION_MIN, VERSION_MAX + 1))
@settings(max_examples=25, deadline=None)
@given(
    ranges=st.lists(st.tuples(i16, i16, i16), max_size=90),
    error_code=i16,
    throttle_ms=st.integers(0, 2**31 - 1),
    supported=st.dictionaries(names, st.tuples(st.integers(0, 2), st.integers(2, 9)), max_size=3),
    finalized=st.dictionaries(names, st.integers(0, 9), max_size=3),
    epoch=st.integers(-1, 2**63 - 1),
)
def test_encodes_what_the_schema_decodes(
    version, ranges, error_code, throttle_ms, supported, finalized, epoch
):
    encoded = encode_api_versions_response(
        version,
        ranges,
        error_code=error_code,
        throttle_ms=throttle_ms,
        supported_features=supported,
        finalized_features=finalized,
        finalized_features_epoch=epoch,
    )
    decoded = cold.decode_response(18, version, encoded)
    assert cold.encode_response(18, version, decoded) == encoded
    assert decoded.error_code == error_code
    assert [(k.api_key, k.min_version, k.max_version) for k in decoded.api_keys] == ranges
    assert decoded.throttle_time_ms == (throttle_ms if version >= 1 else 0)
    if version >= 3:
        expected = {name: levels for name, levels in supported.items() if version >= 4 or levels[0] > 0}
        assert {f.name: (f.min_version, f.max_version) for f in decoded.supported_features} == expected
        levels = {f.name: (f.min_version_level, f.max_version_level) for f in decoded.finalized_features}
        assert levels == {name: (level, level) for name, level in finalized.items()}
        assert decoded.finalized_features_epoch == epoch
