"""Take secrets out of anything that is shown, logged or stored (UX-31)."""

from __future__ import annotations

import re

from rpk.config.settings import SECRET_SHOWN

_FLAGS = ("--password", "--client-secret", "--new-password", "--value")
_SECRET_KEY = r"(?:pass|password|cloud\.client_secret|client_secret|auth_token|refresh_token|sasl\.password)"
_ASSIGNMENT = re.compile(
    rf"(?i)\b((?:[\w.]*[._])?{_SECRET_KEY})(\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)}}\]]+)"
)
_URL = re.compile(r"(\w+://[^/\s:@]+:)[^@\s/]+@")


def redact_arguments(arguments: list[str]) -> list[str]:
    """A command line with the values of secret flags and -X keys replaced."""
    shown: list[str] = []
    hide_next = False
    for word in arguments:
        name, separator, _ = word.partition("=")
        if hide_next:
            shown.append(SECRET_SHOWN)
        elif separator and name in _FLAGS:
            shown.append(f"{name}={SECRET_SHOWN}")
        elif word.startswith("-X") and separator:
            shown.append("-X" + redact_text(word[2:]))
        else:
            shown.append(redact_text(word))
        hide_next = not hide_next and word in _FLAGS
    return shown


def redact_text(text: str) -> str:
    """`text` with `password=…`, `pass: …` and credentials in URLs replaced."""
    return _URL.sub(rf"\g<1>{SECRET_SHOWN}@", _ASSIGNMENT.sub(rf"\g<1>\g<2>{SECRET_SHOWN}", text))
