"""The tree as a project: the README's commands, what ships, credits, declared packages."""

import ast
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import app
from app import cli
from models import checkpoint
from models.catalog import USER_FOLDER_VARIABLE, list_models, shipped_folder

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (".ci", "app", "checkpoints", "models", "resources", "tests")
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".svg", ".ico"})
CHECKPOINT_BYTES = 16 * 2**20
CHECKPOINTS_BYTES = 96 * 2**20


def tree_files(*folders: str) -> list[Path]:
    """The files of the tree, without what programs leave behind."""
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".coverage"]
    for folder in folders or FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path for path in found if "__pycache__" not in path.parts]


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def readme_command(name: str) -> str:
    script = [ROOT / ".ci" / "readme_command", name]
    return subprocess.run(script, capture_output=True, text=True, check=True).stdout.rstrip("\n")


# The two commands


def test_the_first_command_installs_and_opens_the_window():
    install, *rest = readme_command("try").split(" && .venv/bin/scumble")
    assert install == "python3 -m venv .venv && .venv/bin/pip install ."
    assert rest == [""]
    assert not cli.is_command_line([])


def test_the_second_command_installs_and_runs_the_tests():
    assert readme_command("test") == (
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"
    )


def test_an_unknown_command_is_an_error():
    with pytest.raises(subprocess.CalledProcessError):
        readme_command("no such")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is absent")
def test_ci_runs_the_command_that_the_readme_prints(tmp_path):
    """In a tree with another command in its README, `.ci/run` runs that one, and notices when it
    runs no test."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / "README.md").write_text(
        "<!-- command: test -->\n```sh\necho printed; exit 3\n```\n", encoding="utf-8"
    )
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    ran = subprocess.run(
        [tmp_path / ".ci" / "run"], capture_output=True, text=True, check=False, cwd="/"
    )
    assert ran.returncode == 1
    assert ran.stdout.endswith("\nprinted\n")
    assert ran.stderr.endswith("the README's test command ran no test.\n")


# What the README says


def typed_commands(text: str) -> list[str]:
    """The arguments of every line of `text` that calls scumble, continued lines joined."""
    joined = text.replace("\\\n", " ")
    return re.findall(r"^(?:.*\.venv/bin/| *)scumble (.+)$", joined, re.MULTILINE)


PRINTED = [
    *typed_commands("\n".join(re.findall(r"```sh\n(.*?)```", readme(), re.DOTALL))),
    *re.findall(r"^\|.*`scumble (.+?)` \|$", readme(), re.MULTILINE),
]
# The others open the window.
EXAMPLES = [line for line in PRINTED if cli.is_command_line(shlex.split(line, comments=True))]


def help_of(command: cli.Command) -> str:
    parser = cli.Parser(prog="scumble")
    command.add_arguments(parser)
    return parser.epilog or ""


@pytest.mark.parametrize(
    "arguments",
    [*EXAMPLES, *(line for command in cli.COMMANDS for line in typed_commands(help_of(command)))],
)
def test_every_printed_command_line_is_understood(arguments):
    assert cli.build_parser().parse_args(shlex.split(arguments, comments=True)).command


def test_the_readme_has_examples_of_the_window_and_of_every_command():
    assert len(PRINTED) - len(EXAMPLES) == 2
    assert {arguments.split()[0] for arguments in EXAMPLES} == {c.name for c in cli.COMMANDS}


def test_every_path_and_link_in_the_readme_exists():
    named = re.findall(rf"`((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*)`", readme())
    linked = [link for link in re.findall(r"\]\(([^)]+)\)", readme()) if "://" not in link]
    assert named
    assert linked
    assert [path for path in named + linked if not (ROOT / path).exists()] == []


def test_the_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"scumble {app.__version__}\n"
    assert re.fullmatch(r"\d+\.\d+\.\d+", app.__version__)


# What ships


def shipped_problems(folder: Path) -> list[str]:
    """What is wrong with the weights files of a folder and their list."""
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    entries = {entry["file"]: entry for entry in manifest.get("model", [])}
    files = {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}
    problems = [f"{name} is listed or there, not both" for name in entries.keys() ^ files.keys()]
    for name in entries.keys() & files.keys():
        entry, data = entries[name], files[name]
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            problems.append(f"{name} has another sha256")
        if len(data) != entry["bytes"]:
            problems.append(f"{name} has {len(data)} bytes")
        if len(data) > CHECKPOINT_BYTES:
            problems.append(f"{name} is too large")
        if weight_types(data) != {"F16"}:
            problems.append(f"{name} has weights of {weight_types(data)}")
    if sum(map(len, files.values())) > CHECKPOINTS_BYTES:
        problems.append("together they are too large")
    return problems


def weight_types(data: bytes) -> set[str]:
    """Types of the weights in a safetensors file: extras, metadata and counters left out."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return {
        value["dtype"]
        for key, value in header.items()
        if key != "__metadata__"
        and not key.startswith("extra.")
        and not key.endswith("num_batches_tracked")
    }


def test_what_ships_is_listed_small_and_float16():
    assert shipped_problems(ROOT / "checkpoints") == []


def test_what_ships_can_be_used(monkeypatch, tmp_path):
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path))
    catalog = list_models()
    assert catalog.problems == ()
    assert len(catalog) > 0, "no model ships"
    assert {spec.path.parent for spec in catalog} <= {shipped_folder()}
    for spec in catalog:
        checkpoint.verify(spec)


def weights(dtype: str, count: int) -> bytes:
    header = {"a": {"dtype": dtype, "shape": [count], "data_offsets": [0, 2 * count]}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(2 * count)


@pytest.mark.parametrize(
    ("files", "listed", "words"),
    [
        (["a"], ["a"], []),
        (["a", "b"], ["a"], ["b.safetensors is listed or there"]),
        (["a"], ["a", "b"], ["b.safetensors is listed or there"]),
        (["changed"], ["changed"], ["changed.safetensors has another sha256"]),
        (["bfloat16"], ["bfloat16"], ["weights of {'BF16'}"]),
        (["large"], ["large"], ["large.safetensors is too large"]),
        ([f"near{i}" for i in range(7)], [f"near{i}" for i in range(7)], ["together"]),
    ],
)
def test_what_is_wrong_with_shipped_files_is_noticed(tmp_path, files, listed, words):
    def made(name: str) -> bytes:
        count = {"large": CHECKPOINT_BYTES // 2, "near": 15 * 2**19}.get(name.strip("0123456"), 4)
        return weights("BF16" if name == "bfloat16" else "F16", count)

    for name in files:
        data = made(name)
        end = b"\1" if name == "changed" else data[-1:]
        (tmp_path / f"{name}.safetensors").write_bytes(data[:-1] + end)
    (tmp_path / "manifest.toml").write_text(
        "".join(
            f'[[model]]\nfile = "{name}.safetensors"\nbytes = {len(made(name))}\n'
            f'sha256 = "{hashlib.sha256(made(name)).hexdigest()}"\n'
            for name in listed
        )
    )
    problems = shipped_problems(tmp_path)
    assert len(problems) == len(words)
    for problem, word in zip(problems, words, strict=True):
        assert word in problem


def test_every_picture_is_credited():
    folder = ROOT / "resources"
    credits = (folder / "LICENCES.md").read_text(encoding="utf-8")
    pictures = [path for path in folder.rglob("*") if path.suffix.lower() in PICTURES]
    assert pictures
    names = [path.relative_to(folder).as_posix() for path in pictures]
    assert [name for name in names if f"`{name}`" not in credits] == []


def test_nothing_names_a_place_of_the_machine_it_was_made_on():
    places = [b"/" + name for name in (b"work/", b"root/", b"home/")]
    contents = {path: path.read_bytes() for path in tree_files()}
    assert [path for path, data in contents.items() if any(p in data for p in places)] == []


# What is declared


def imported(*folders: str) -> set[str]:
    """The packages that modules in these folders import, ours and Python's own left out."""
    names: set[str] = set()
    for path in tree_files(*folders):
        if path.suffix != ".py":
            continue
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"app", "models", "tests"}


def distributions(packages: set[str]) -> set[str]:
    """The names under which packages are installed, in the plain form of PEP 503."""
    known = packages_distributions()
    return {plain(name) for package in packages for name in known[package]}


def plain(requirement: str) -> str:
    name = re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_the_program_imports_is_declared_and_nothing_else():
    declared = {plain(requirement) for requirement in project()["dependencies"]}
    assert distributions(imported("app", "models")) == declared


def test_what_the_tests_import_is_declared():
    parts = project()["dependencies"] + project()["optional-dependencies"]["test"]
    assert distributions(imported("tests")) <= {plain(requirement) for requirement in parts}
