"""`scumble models`: what models there are, and getting more."""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

from app.cli.command import Command, UsageError, complain, say
from app.errors import UserError
from models.catalog import ModelSpec, find_model, list_models, user_folder
from models.errors import CheckpointError, ModelNameError

EPILOG = """\
examples:
  scumble models list
  scumble models info landscapes
  scumble models import mountain_pretrained/latest_checkpoint.pth --name "Mountains"
  scumble models import coco_pretrained/latest_net_G.pth --name "COCO"
  scumble models import mine/latest_net_G.pth --set upsampling=more --set crop_size=512
  scumble models verify
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    def add(name: str, help_text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=help_text, description=help_text)
        action.set_defaults(action=name)
        return action

    add("list", "List the models that can be used.")
    info = add("info", "Tell what is known about a model.")
    info.add_argument("model", metavar="ID_OR_PATH", help="a model's id, or a weights file")
    importing = add("import", "Convert a published or exported weights file into a model.")
    importing.add_argument("path", metavar="PATH", type=Path, help="a .pth or .safetensors file")
    importing.add_argument("--name", help="the model's name; its id is made of it")
    importing.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="hints",
        help="a setting of the network that its file does not tell (see `models info` for names); "
        "may be given several times",
    )
    verify = add("verify", "Check weights: hash, values, and what the network computes.")
    verify.add_argument(
        "model", metavar="ID_OR_PATH", nargs="?", help="only this one, instead of all"
    )


def run(args: argparse.Namespace) -> int:
    actions = {"list": show_list, "info": show_info, "import": import_file, "verify": verify}
    return actions[args.action](args)


def show_list(args: argparse.Namespace) -> int:
    catalog = list_models()
    if not catalog.models:
        say("No model is installed; import one with `scumble models import PATH`.")
    width = max((len(spec.id) for spec in catalog), default=0)
    for spec in catalog:
        origin = "shipped" if spec.shipped else "yours"
        size = f"{spec.weights.bytes / 2**20:.1f} MiB"
        say(f"{spec.id:<{width}}  {spec.title} ({origin}, {size}, {spec.weights.licence})")
    return report(catalog.problems)


def show_info(args: argparse.Namespace) -> int:
    spec = find_model(args.model)
    rows = {
        "id": spec.id,
        "title": spec.title,
        "family": spec.family,
        "file": spec.path,
        "size": f"{spec.weights.bytes:,} bytes",
        "sha256": spec.weights.sha256 or "not listed: a file of your own",
        "licence": spec.weights.licence,
        "source": spec.weights.source,
        "training steps": spec.weights.step or "unknown",
        "trained": spec.trained or "unknown",
        "pictures": pictures_of(spec),
        "network": describe(spec),
    }
    if spec.io.palette_id is not None:
        rows["labels"] = f"the palette {spec.io.palette_id}"
    for name, value in rows.items():
        say(f"{name:<15} {value}")
    return 0


def pictures_of(spec: ModelSpec) -> str:
    if spec.io.multiple_of_px == 1:
        return "any size"
    return (
        f"any size; worked on at multiples of {spec.io.multiple_of_px} px, "
        f"at least {spec.io.min_px} px"
    )


def describe(spec: ModelSpec) -> str:
    settings = ", ".join(f"{f.name}={getattr(spec.config, f.name)}" for f in fields(spec.config))
    return f"{type(spec.config).__name__}({settings})"


def import_file(args: argparse.Namespace) -> int:
    from models import convert

    try:
        path = convert.import_file(args.path, name=args.name, hints=parsed_hints(args.hints))
    except ModelNameError as error:
        raise UserError(str(error), "It is given with --name.") from error
    say(f"Imported to {path}; use it with `--model {path.stem}`.")
    return 0


def parsed_hints(texts: list[str]) -> dict[str, Any]:
    """`--set` as settings: whole numbers, numbers, yes and no, words.

    Raises:
        UsageError: not NAME=VALUE.
    """
    hints: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"--set needs NAME=VALUE, not {text}.")
        hints[name.strip()] = _parsed(value.strip())
    return hints


def _parsed(value: str) -> Any:
    words = {"yes": True, "true": True, "no": False, "false": False}
    if value.casefold() in words:
        return words[value.casefold()]
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def verify(args: argparse.Namespace) -> int:
    from models.checkpoint import verify as verify_one

    catalog = list_models()
    problems = [] if args.model else list(catalog.problems)
    specs = [find_model(args.model)] if args.model else catalog.models
    if not args.model and not specs and not problems:
        problems.append(f"There is no model to verify, neither shipped nor in {user_folder()}.")
    for spec in specs:
        try:
            verify_one(spec)
            say(f"{spec.id}: good")
        except CheckpointError as error:
            problems.append(str(error))
    return report(problems)


def report(problems: list[str] | tuple[str, ...]) -> int:
    """Complain about each; 1 if there are any."""
    for problem in problems:
        complain(problem)
    return 1 if problems else 0


COMMAND = Command("models", "List, inspect, import and verify models.", add_arguments, run)
