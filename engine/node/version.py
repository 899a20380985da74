"""The engine's version, as a constant: asking the installed metadata costs 20 ms at start. A test compares them."""

VERSION = "0.1.0"
