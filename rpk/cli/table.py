"""The root of the command tree. Each room brings its own table (`commands.py`), loaded when it is entered.

This file and what it imports is all that `rpk --help` reads.
"""

from __future__ import annotations

from rpk.out.commands import Command, Group, Reference

GLOBAL_FLAGS: tuple[tuple[str, str], ...] = (
    ("-X, --config-opt key=value", "Override one setting; -X list shows them, -X help explains them."),
    ("--profile NAME", "Use this profile for this run."),
    ("--config FILE", "Use this rpk.yaml or redpanda.yaml."),
    ("--ignore-profile", "Read no settings file at all."),
    ("-v, --verbose", "Say on stderr what goes on."),
    ("--format FORMAT", "text, wide, json, yaml, or help for the fields. Default text."),
    ("--no-headers", "Leave the header line out of tables."),
    ("--color WHEN", "auto, always or never. Default auto."),
    ("--no-pager", "Never page long output."),
    ("--no-input", "Never ask; a question is an error."),
    ("-y, --yes", "Answer every question with yes."),
    ("--timeout DURATION", "Total time for talking to the cluster. Default 10s."),
    ("-h", "Short help with examples."),
    ("--help", "Full help."),
)

ROOT = Group(
    "rpk",
    "From nothing to a running, tuned streaming cluster, and everything to operate it.",
    (
        Reference("cluster", "rpk.cluster.commands", "Look at and configure a cluster."),
        Reference("container", "rpk.container.commands", "Run a local cluster; no Docker needed."),
        Reference("generate", "rpk.generate.commands", "Generate shell completion and other files."),
        Reference(
            "group", "rpk.group.commands", "List, describe and change consumer groups.", aliases=("g",)
        ),
        Reference("profile", "rpk.profile.commands", "Keep the settings of several clusters."),
        Reference("redpanda", "rpk.redpanda.commands", "Start, configure and tune the broker of this host."),
        Reference("topic", "rpk.topic.commands", "Create, list, change, write to and read from topics."),
        Command("cheat", "rpk.cli.cheat", "Show a page of worked examples."),
        Command("explain", "rpk.cli.explain", "Explain an error code or name, offline."),
        Command("help", "rpk.cli.help_command", "Show the help of a command, or of exit-codes."),
        Command("iotune", "rpk.iotune.iotune", "Measure what the disks of this host can do."),
        Command("version", "rpk.cli.version_command", "Print the version of rpk; talks to nobody."),
        Command(
            "check", "rpk.redpanda.check", "Check this host.", hidden=True, deprecated="rpk redpanda check"
        ),
        Command("mode", "rpk.redpanda.mode", "Switch the mode.", hidden=True, deprecated="rpk redpanda mode"),
        Reference("tune", "rpk.tune.commands", "Tune this host.", hidden=True),
        Command("__complete", "rpk.cli.complete_command", "Complete a command line.", hidden=True),
    ),
)
