"""`scumble` and `python -m app`: the window, or a command of the command line."""

import os
import sys
from collections.abc import Sequence

from app import cli
from app.cli.command import complain


def main(argv: Sequence[str] | None = None) -> None:
    """Open the window when no command is named, else run it; leave with its exit code.

    The window is for `scumble` alone, and for `scumble PICTURE`.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if cli.is_command_line(arguments):
        sys.exit(cli.main(arguments))
    if not has_screen():
        complain("there is no screen to open the window on; `scumble --help` lists the commands.")
        sys.exit(1)
    from app.main import main as open_window

    open_window(arguments)


def has_screen() -> bool:
    """Whether Qt will find a screen; without one it would end the process with a core dump."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in named)


if __name__ == "__main__":
    main()
