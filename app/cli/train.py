"""`scumble train`: make a model of your own pictures."""

import argparse
import os
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.command import Command, UsageError, number_between, say, whole_number_between
from models.errors import DataError
from models.train.data.labels import choose_labels
from models.train.settings.methods import METHODS, MethodSettings, Recipe, method_of

if TYPE_CHECKING:
    from models.train.notes import Noted

DESCRIPTION = "Train a model on your own pictures, or export what a run has saved."
EPILOG = """\
examples:
  scumble train swapping-autoencoder --data photos/ --out runs/mine --preset fast \\
      --features squeezenet1_0.pth --minutes 240
  scumble train swapping-autoencoder --out runs/mine --resume
  scumble train swapping-autoencoder --data photos/ --out runs/mine-256 --preset fast \\
      --features squeezenet1_0.pth --init runs/mine/model.safetensors --crop-px 256 --batch 4
  scumble train swapping-autoencoder --data shards/*.tar --out runs/big --device cuda \\
      --processes 8 --precision bf16
  torchrun --nnodes 2 --nproc-per-node 8 -m app train swapping-autoencoder \\
      --data shards/*.tar --out runs/big --device cuda --nodes 2 --processes 8
  scumble train spade --data shards/*.tar --out runs/paint --preset fast \\
      --labels resources/palettes/landscape_groups.csv --features vgg19.pth
  scumble train segmenter --data shards/*.tar --out runs/read --preset fast \\
      --labels resources/palettes/landscape_groups.csv
  scumble train export runs/mine -o mine.safetensors

The run's folder keeps the settings, a log, sample pictures, the state to resume from, and at the
end model.safetensors, which `--model` of the other commands takes and `scumble models import`
installs. Ctrl-C saves and exports too.
"""
TYPES: dict[str, type] = {"int": int, "float": float, "str": str}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    methods = parser.add_subparsers(title="methods", metavar="METHOD", required=True)
    for method in METHODS.values():
        add_training(
            methods.add_parser(method.name, help=method.summary, description=method.summary), method
        )
    help_text = "Write the model of a run, as it was last saved."
    exporting = methods.add_parser("export", help=help_text, description=help_text)
    exporting.set_defaults(action=export)
    exporting.add_argument("run", metavar="RUN", type=Path, help="the run's folder")
    exporting.add_argument("-o", "--out", metavar="FILE", type=Path, required=True)


def add_training(parser: argparse.ArgumentParser, method: MethodSettings) -> None:
    parser.epilog = EPILOG
    parser.usage = "%(prog)s --data PATH [PATH ...] --out RUN [--preset NAME] [options]"
    parser.set_defaults(action=train, method=method)
    add_data_arguments(parser, required=False, labelled=method.labelled)
    parser.add_argument(
        "--out", metavar="RUN", type=Path, required=True, help="the run's folder, made if missing"
    )
    if method.labelled:
        parser.add_argument(
            "--palette",
            metavar="ID",
            help="what the classes are called (default: as --labels says, or landscape)",
        )
    parser.add_argument("--preset", choices=sorted(method.presets), help="settings to start from")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    parser.add_argument(
        "--minutes", type=number_between(0.0, 1e6), help="stop, save and export after this time"
    )
    parser.add_argument("--name", help="name of the exported model (default: the run's folder)")
    parser.add_argument("--licence", help="licence of the exported weights")
    parser.add_argument("--source", help="where the weights come from")
    parser.add_argument(
        "--tensorboard", action="store_true", help="write for TensorBoard, into RUN/tensorboard"
    )
    machine = parser.add_argument_group("machine")
    count = whole_number_between(1, 10_000)
    machine.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    machine.add_argument(
        "--processes",
        type=count,
        default=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        help="on this machine, one a GPU (default: as torchrun says, or 1)",
    )
    machine.add_argument("--nodes", type=count, default=1, help="number of machines")
    machine.add_argument("--precision", choices=("32", "bf16", "fp16"))
    machine.add_argument("--threads", type=count, default=2, help="pictures decoded at a time")
    machine.add_argument("--log-every", type=count, default=50, metavar="STEPS")
    machine.add_argument("--save-every", type=count, default=500, metavar="STEPS")
    machine.add_argument("--sample-every", type=count, default=500, metavar="STEPS")
    first = next(iter(method.presets))
    group = parser.add_argument_group(f"settings of the recipe (default: those of {first})")
    for setting in fields(method.recipe):
        add_setting(group, setting)


def add_data_arguments(parser: argparse.ArgumentParser, *, required: bool, labelled: bool) -> None:
    """What `train` and `evaluate` read."""
    kind = "photos NAME.jpg with label maps NAME.png" if labelled else "pictures"
    parser.add_argument(
        "--data",
        metavar="PATH",
        nargs="+",
        type=Path,
        required=required,
        help=f"folders of {kind}, and tar shards",
    )
    parser.add_argument(
        "--index",
        metavar="CSV",
        type=Path,
        help="a table with the columns name and split (train, heldout, or skip for neither); "
        "without one, one picture in 25 is held out",
    )


def add_setting(group: Any, setting: Field[Any]) -> None:
    assert setting.default is not MISSING
    group.add_argument(
        f"--{setting.name.replace('_', '-')}",
        dest=f"setting_{setting.name}",
        type=TYPES[str(getattr(setting.type, "__name__", setting.type))],
        metavar="X" if setting.type is not str else "TEXT",
        help=f"{setting.metadata['explanation']} ({setting.default!r})".replace("%", "%%"),
    )


def typed_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The settings of the recipe that stand on the command line."""
    return {
        name.removeprefix("setting_"): value
        for name, value in vars(args).items()
        if name.startswith("setting_") and value is not None
    }


def new_recipe(args: argparse.Namespace, typed: dict[str, Any]) -> tuple[Recipe, str | None]:
    """The recipe that the command line asks for, and the id of its palette.

    Raises:
        DataError: settings or labels that cannot be meant; told before torch is imported.
    """
    method: MethodSettings = args.method
    palette_id = None
    if method.labelled:
        labels, palette_id, table = choose_labels(typed.get("labels"), args.palette)
        typed = {"classes": table.classes, **typed, "labels": labels}
    preset = method.presets[args.preset or next(iter(method.presets))]
    return method.recipe(**{**preset, **typed}), palette_id


def run(args: argparse.Namespace) -> int:
    return args.action(args)


def train(args: argparse.Namespace) -> int:
    method: MethodSettings = args.method
    given = (args.preset, args.data, args.index, getattr(args, "palette", None))
    if args.resume and any(given):
        names = "--index, --preset and --palette" if method.labelled else "--index and --preset"
        raise UsageError(
            f"A run is resumed with its own data and settings: leave --data, {names} out."
        )
    if not args.resume and not args.data:
        raise UsageError("Say with --data what to train on.")
    typed = typed_settings(args)
    recipe, palette_id = (None, None) if args.resume else new_recipe(args, typed)
    from models.train.journal import Journal
    from models.train.loop import Schedule
    from models.train.machine import Machine
    from models.train.notes import Data, Identity, Noted
    from models.train.run import train as train_run

    if recipe is None:
        noted = resumed(args, typed)
    else:
        name = args.name or args.out.resolve().name
        identity = replace(Identity.named(name), palette_id=palette_id)
        noted = Noted(recipe, Data(sources=tuple(args.data), index=args.index), identity, "32")
    made = train_run(
        noted.recipe,
        noted.data,
        machine=Machine(
            device=args.device,
            processes=args.processes,
            nodes=args.nodes,
            precision=args.precision or noted.precision,
            threads=args.threads,
        ),
        schedule=Schedule(
            steps=noted.recipe.steps,
            minutes=args.minutes,
            log_every=args.log_every,
            save_every=args.save_every,
            sample_every=args.sample_every,
        ),
        journal=Journal(args.out, say, tensorboard=args.tensorboard),
        resume=args.resume,
        identity=noted.identity.changed(name=args.name, licence=args.licence, source=args.source),
    )
    return 0 if made is None or made.is_file() else 1


def resumed(args: argparse.Namespace, typed: dict[str, Any]) -> "Noted":
    """What the run in RUN was started with, with what stands on the command line.

    Raises:
        DataError: there is none, or it is of another method.
    """
    from models.train.notes import noted_run

    noted = noted_run(args.out)
    method = method_of(noted.recipe)
    if method is not args.method:
        raise DataError(
            f"The run in {args.out} is one of {method.name}: resume it with "
            f"`scumble train {method.name}`."
        )
    return replace(noted, recipe=replace(noted.recipe, **typed))


def export(args: argparse.Namespace) -> int:
    from models.train.run import export as export_run

    export_run(args.run, args.out, say)
    return 0 if args.out.is_file() else 1


COMMAND = Command("train", "Train a model on your own pictures.", add_arguments, run)
