import subprocess
import sys
from dataclasses import replace

import pytest

from app import cli
from app.__main__ import main as entry
from app.cli.command import UsageError
from app.errors import UserError
from models.errors import CheckpointMissing


@pytest.fixture
def broken(monkeypatch):
    """A function that makes `scumble models` raise an error."""

    def set_error(error):
        def run(args):
            raise error

        commands = (cli.swap.COMMAND, replace(cli.models.COMMAND, run=run))
        monkeypatch.setattr(cli, "COMMANDS", commands)

    return set_error


def test_help_names_the_commands_and_an_example(scumble):
    ran = scumble("--help")
    assert ran.code == 0
    for words in ("swap", "models", "scumble swap photo.jpg reference.jpg -o out.png"):
        assert words in ran.out
    assert ran.err == ""


def test_help_of_a_command_shows_arguments_and_examples(scumble):
    ran = scumble("swap", "--help")
    assert ran.code == 0
    for words in ("STRUCTURE", "TEXTURE", "--amount", "default 1", "holiday/ reference.jpg"):
        assert words in ran.out


def test_without_a_command_there_is_help_and_exit_code_2(scumble):
    ran = scumble()
    assert ran.code == 2
    assert ran.out == ""
    assert "a command is missing" in ran.err
    assert "swap" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["paint"], "paint"),
        (["swap"], "STRUCTURE"),
        (["swap", "a", "b"], "--out"),
        (["swap", "a", "b", "-o", "c.png", "--am", "1"], "--am"),
        (["models"], "ACTION"),
        (["models", "polish"], "polish"),
        (["models", "info"], "ID_OR_PATH"),
    ],
)
def test_bad_use_is_one_line_and_exit_code_2(scumble, arguments, words):
    scumble(*arguments).failed_with(2, words, "--help")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (UsageError("That cannot be meant"), 2, ["cannot be meant", "scumble models --help"]),
        (UserError("The disk is full.", "Free some."), 1, ["The disk is full. Free some."]),
        (CheckpointMissing("There is no model."), 1, ["There is no model."]),
        (MemoryError(), 1, ["memory is not enough"]),
        (KeyboardInterrupt(), 130, ["stopped"]),
        (ZeroDivisionError("by zero"), 1, ["ZeroDivisionError: by zero", "SCUMBLE_DEBUG=1"]),
    ],
)
def test_every_error_is_a_sentence_and_an_exit_code(scumble, broken, error, code, words):
    broken(error)
    scumble("models", "list").failed_with(code, *words)


def test_a_defect_shows_its_traceback_to_who_asks_for_it(scumble, broken, monkeypatch):
    monkeypatch.setenv("SCUMBLE_DEBUG", "1")
    broken(ZeroDivisionError("by zero"))
    with pytest.raises(ZeroDivisionError):
        scumble("models", "list")


def test_the_console_script_leaves_with_the_exit_code(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["scumble", "models"])
    with pytest.raises(SystemExit) as left:
        entry()
    assert left.value.code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["swap", "--help"], ["models", "list"]])
def test_what_needs_no_torch_imports_none(arguments):
    code = (
        "import sys; from app.cli import main; "
        f"code = main({arguments!r}); "
        "heavy = {'torch', 'PIL', 'OpenImageIO', 'tqdm'} & set(sys.modules); "
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_leaves_early_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "app", "models", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
