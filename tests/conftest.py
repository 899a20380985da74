"""Options for every test."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="rewrite the golden files instead of comparing")


@pytest.fixture
def golden(request):
    """Compare a text with tests/golden/NAME, or rewrite that file under --rewrite."""
    root = request.config.rootpath / "tests" / "golden"

    def compare(name: str, text: str) -> None:
        path = root / name
        if request.config.getoption("--rewrite"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no {path}; run pytest with --rewrite"
        assert text == path.read_text(encoding="utf-8")

    return compare
