"""What every sub-command is made of: its entry in the table, its words, its errors."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn


class UsageError(Exception):
    """The command line asks for what cannot be meant: exit code 2."""


@dataclass(frozen=True)
class Command:
    """One sub-command.

    Attributes:
        name: what is typed.
        summary: a line for the list of commands.
        add_arguments: fills the command's parser: arguments, `description`, `epilog`.
        run: does the work with the parsed arguments and returns the exit code. It imports what is
            slow (torch, image libraries) inside, so that `--help` answers at once.
    """

    name: str
    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one sentence and keeps the epilog's lines."""

    def __init__(self, **settings: object) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings)  # pyright: ignore[reportArgumentType] - argparse's own names
        self.allow_abbrev = False

    def error(self, message: str) -> NoReturn:
        complain(f"{message} (see `{self.prog} --help`)")
        raise SystemExit(2)


def number_between(lowest: float, highest: float) -> Callable[[str], float]:
    """An argument type: a number in [lowest, highest]."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(
                f"must be a number from {lowest:g} to {highest:g}, not {text}"
            )
        return value

    return parse


def whole_number_between(lowest: int, highest: int) -> Callable[[str], int]:
    """An argument type: a whole number in [lowest, highest]."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = lowest - 1
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {lowest} to {highest}, not {text}"
            )
        return value

    return parse


def say(text: str) -> None:
    """A line of result, on standard output."""
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """A line about what went wrong, on standard error."""
    sys.stderr.write(f"scumble: {text}\n")
