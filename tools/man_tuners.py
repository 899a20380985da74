"""Make man/rpk-tuners.7 from the tuners' records, so that list, help and manual never say different things.

`python tools/man_tuners.py` writes it; `tests/rpk/tune/test_man.py` says when it is stale.
"""

from pathlib import Path

from rpk import __version__
from rpk.tune.tuners.table import TUNERS

PAGE = Path(__file__).resolve().parent.parent / "man" / "rpk-tuners.7"
PROD = {"on": "switched on", "off": "switched off", "keep": "left as it is"}


def escaped(text: str) -> str:
    """Text as roff takes it: no line of it is a request."""
    text = text.replace("\\", "\\\\").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def render() -> str:
    """The page."""
    lines = [
        '.\\" Made by tools/man_tuners.py from the records in rpk/tune/tuners.',
        f'.TH "RPK-TUNERS" "7" "" "rpk {__version__}" "rpk manual"',
        ".nh",
        ".ad l",
        ".SH NAME",
        "rpk\\-tuners \\- what each tuner changes on a host, why, at what risk, and how to undo it",
        ".SH DESCRIPTION",
        "\\fBrpk\\-redpanda\\-tune\\fR(1) applies those tuners whose switch is on in the rpk section of",
        "\\fBredpanda.yaml\\fR(5). \\fBrpk redpanda mode prod\\fR sets the switches for production. Every value is",
        "journaled before it is written, read back after, and can be written back.",
        ".SH TUNERS",
    ]
    for name, tuner in TUNERS.items():
        lines += [
            f".SS {escaped(name)}",
            escaped(tuner.summary),
            ".TP",
            ".B Switch",
            f"rpk.{escaped(tuner.key)}; by mode prod {PROD[tuner.prod]}.",
        ]
        for title, text in (
            ("What", tuner.what),
            ("Why", tuner.why),
            ("Risk", tuner.risk),
            ("Undo", tuner.undo),
        ):
            lines += [".TP", f".B {title}", escaped(text)]
        if tuner.unsupported_is_fine:
            lines += [".TP", ".B Unsupported", "Not being possible on a host is no failure of tune."]
    lines += [
        ".SH SEE ALSO",
        "\\fBrpk\\-redpanda\\-tune\\fR(1), \\fBrpk\\-redpanda\\-check\\fR(1), \\fBredpanda.yaml\\fR(5)",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
