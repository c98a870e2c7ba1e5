"""The command line: the table of commands, and what becomes of errors.

Exit codes: 0 only when what was asked for is there; 1 when the work failed; 2 when the command line
cannot be meant; 130 after Ctrl-C. What goes wrong is one sentence on standard error. A defect of
the program gives a sentence too; with SCUMBLE_DEBUG=1 in the environment, its traceback.

Adding a command: a file here with a `COMMAND`, and its name in `COMMANDS`.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app import __version__
from app.cli import edit, evaluate, layout, models, paint, sliders, swap, train
from app.cli.command import Command, Parser, UsageError, complain
from app.errors import UserError
from app.settings import load_settings
from models.catalog import set_user_folder
from models.errors import ModelsError

COMMANDS: tuple[Command, ...] = (
    swap.COMMAND,
    edit.COMMAND,
    sliders.COMMAND,
    paint.COMMAND,
    layout.COMMAND,
    models.COMMAND,
    train.COMMAND,
    evaluate.COMMAND,
)
DEBUG_VARIABLE = "SCUMBLE_DEBUG"

DESCRIPTION = "Scumble, an image editor for artists. Without a command, the window opens."
EPILOG = """\
examples:
  scumble                                            the window
  scumble photo.jpg                                  the window with a picture
  scumble swap photo.jpg reference.jpg -o out.png    a command
  scumble edit photo.jpg --recipe r.json -o out.png  another
  scumble paint layout.png -o out.png                and another

`scumble COMMAND --help` explains a command.
"""


def is_command_line(arguments: Sequence[str]) -> bool:
    """Whether the arguments are for `main`; if not, they are for the window: none, or a picture."""
    if not arguments:
        return False
    first = arguments[0]
    commands = {command.name for command in COMMANDS}
    if len(arguments) > 1 or first.startswith("-") or first in commands:
        return True
    # A word that is neither a command nor like a file is a command that does not exist.
    return not (Path(first).suffix or os.path.exists(first))


def build_parser() -> Parser:
    """The parser of the whole command line; `args.command` is the chosen `Command`."""
    parser = Parser(prog="scumble", description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"scumble {__version__}")
    parsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in COMMANDS:
        sub = parsers.add_parser(command.name, help=command.summary, description=command.summary)
        command.add_arguments(sub)
        sub.set_defaults(command=command)
    parser.set_defaults(command=None)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (None: the process's own) and return its exit code."""
    parser = build_parser()
    try:
        args = parser.parse_args(argv)
    except SystemExit as done:
        return int(done.code or 0)
    if args.command is None:
        complain(f"a command is missing.\n\n{parser.format_help().rstrip()}")
        return 2
    use_models_folder()
    try:
        code = args.command.run(args)
        sys.stdout.flush()
        return code
    except UsageError as error:
        complain(f"{error} (see `scumble {args.command.name} --help`)")
        return 2
    except (UserError, ModelsError) as error:
        complain(str(error))
    except MemoryError:
        complain("The memory is not enough for this; close other programs, or try a smaller file.")
    except BrokenPipeError:
        # Whoever read our output has left: nothing to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except KeyboardInterrupt:
        complain("stopped.")
        return 130
    except Exception as error:
        # The last line of defence: a defect of ours becomes a sentence.
        if os.environ.get(DEBUG_VARIABLE):
            raise
        complain(
            f"A defect of the program stopped the work ({type(error).__name__}: {error}). "
            f"Set {DEBUG_VARIABLE}=1 and run it again for a report that can be sent in."
        )
    return 1


def use_models_folder() -> None:
    """Look for the artist's own models where the window's settings say they are."""
    settings, _ = load_settings()
    set_user_folder(Path(settings.models_folder) if settings.models_folder else None)
