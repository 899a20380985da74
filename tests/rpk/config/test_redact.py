"""No secret is shown (UX-31)."""

import pytest

from rpk.config.redact import redact_arguments, redact_text


@pytest.mark.parametrize(
    "words",
    [
        ["--password", "hunter2"],
        ["--password=hunter2"],
        ["-X", "pass=hunter2"],
        ["-Xpass=hunter2"],
        ["-X", "cloud.client_secret=hunter2"],
        ["-s", "kafka_api.sasl.password=hunter2"],
        ["http://admin:hunter2@host/"],
    ],
)
def test_arguments(words):
    assert "hunter2" not in " ".join(redact_arguments(["topic", *words, "list"]))
    assert redact_arguments(["topic", *words, "list"])[-1] == "list"


def test_text():
    text = "password: 'hunter2' and sasl.password=hunter2, auth_token: hunter2\n"
    assert "hunter2" not in redact_text(text)
    assert redact_text("compass=north bypass it") == "compass=north bypass it"
