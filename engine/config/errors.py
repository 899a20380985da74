"""What can be wrong with configuration.

OperatingError
├── ConfigError      the node file or a command line value; the process does not start
└── InvalidProperty  one cluster property; the Admin API answers 400
"""

from engine.base.errors import OperatingError


class ConfigError(OperatingError):
    """Configuration that cannot be used: where, which key, what is wrong and what to do about it."""

    def __init__(self, file: str, key: str, problem: str, fix: str) -> None:
        place = f"{file}: {key}" if key else file
        super().__init__(f"{place}: {problem}; {fix}" if fix else f"{place}: {problem}")
        self.file = file
        self.key = key
        self.problem = problem
        self.fix = fix


class InvalidProperty(OperatingError):
    """A cluster property's name or value is not allowed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
