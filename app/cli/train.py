"""`scumble train`: make a model of your own pictures."""

import argparse
import json
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from app.cli.command import Command, UsageError, say, whole_number_between
from models.errors import DataError
from models.train.settings.swapping_autoencoder import PRESETS, SwappingAutoencoderRecipe

METHOD = "swapping-autoencoder"
EPILOG = f"""\
examples:
  scumble train {METHOD} --data photos/ --out runs/mine --preset fast \\
      --features squeezenet1_0.pth --minutes 240
  scumble train {METHOD} --data photos/ --out runs/mine --resume
  scumble train {METHOD} --data shards/*.tar --out runs/big --device cuda \\
      --processes 8 --precision bf16
  torchrun --nnodes 2 --nproc-per-node 8 -m app train {METHOD} --data shards/*.tar \\
      --out runs/big --device cuda --nodes 2 --processes 8

The run's folder keeps the settings, a log, sample pictures, the state to resume from, and at the
end model.safetensors, which `scumble swap --model` takes and `scumble models import` installs.
Ctrl-C saves and exports too.
"""
TYPES: dict[str, type] = {"int": int, "float": float, "str": str}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.usage = "%(prog)s METHOD --data PATH [PATH ...] --out RUN [--preset NAME] [options]"
    parser.add_argument("method", metavar="METHOD", choices=[METHOD], help=METHOD)
    add_data_arguments(parser)
    parser.add_argument(
        "--out", metavar="RUN", type=Path, required=True, help="the run's folder, made if missing"
    )
    parser.add_argument("--preset", choices=sorted(PRESETS), help="settings to start from")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN")
    parser.add_argument("--minutes", type=float, help="stop and save after this time")
    parser.add_argument("--name", help="name of the exported model (default: the run's folder)")
    parser.add_argument("--licence", default="not stated", help="licence of the exported weights")
    parser.add_argument(
        "--source", default="trained with `scumble train`", help="where the weights come from"
    )
    machine = parser.add_argument_group("machine")
    count = whole_number_between(1, 10_000)
    machine.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    machine.add_argument("--processes", type=count, default=1, help="on this machine, one a GPU")
    machine.add_argument("--nodes", type=count, default=1, help="number of machines")
    machine.add_argument("--precision", choices=("32", "bf16", "fp16"), default="32")
    machine.add_argument("--threads", type=count, default=2, help="pictures decoded at a time")
    machine.add_argument("--log-every", type=count, default=50, metavar="STEPS")
    machine.add_argument("--save-every", type=count, default=500, metavar="STEPS")
    machine.add_argument("--sample-every", type=count, default=500, metavar="STEPS")
    group = parser.add_argument_group("settings of the recipe (default: those of the preset paper)")
    for setting in fields(SwappingAutoencoderRecipe):
        add_setting(group, setting)


def add_data_arguments(parser: argparse.ArgumentParser) -> None:
    """What `train` and `evaluate` read."""
    parser.add_argument(
        "--data",
        metavar="PATH",
        nargs="+",
        type=Path,
        required=True,
        help="folders of pictures, and tar shards",
    )
    parser.add_argument(
        "--index",
        metavar="CSV",
        type=Path,
        help="a table with the columns name and split (train, heldout); without one, one picture "
        "in 25 is held out",
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


def read_recipe(args: argparse.Namespace) -> SwappingAutoencoderRecipe:
    """Preset (or the run that is resumed), with the settings that were typed on top.

    Raises:
        DataError: there is no run to resume, or settings that cannot be meant together.
    """
    typed = {
        name.removeprefix("setting_"): value
        for name, value in vars(args).items()
        if name.startswith("setting_") and value is not None
    }
    if not args.resume:
        return SwappingAutoencoderRecipe(**{**PRESETS[args.preset or "paper"], **typed})
    if args.preset:
        raise UsageError("A run is resumed with its own settings: leave --preset out.")
    noted = args.out / "recipe.json"
    try:
        return SwappingAutoencoderRecipe(**{**json.loads(noted.read_text("utf-8")), **typed})
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"There is no run to resume in {args.out}.") from error


def run(args: argparse.Namespace) -> int:
    recipe = read_recipe(args)
    name = args.name or args.out.resolve().name
    from models.train.loop import Schedule
    from models.train.run import Data, Identity, Machine, train

    made = train(
        recipe,
        Data(sources=tuple(args.data), index=args.index),
        machine=Machine(
            device=args.device,
            processes=args.processes,
            nodes=args.nodes,
            precision=args.precision,
            threads=args.threads,
        ),
        schedule=Schedule(
            steps=recipe.steps,
            minutes=args.minutes,
            log_every=args.log_every,
            save_every=args.save_every,
            sample_every=args.sample_every,
        ),
        out=args.out,
        resume=args.resume,
        identity=Identity.named(name, licence=args.licence, source=args.source),
        say=say,
    )
    return 0 if made is None or made.is_file() else 1


COMMAND = Command("train", "Train a model on your own pictures.", add_arguments, run)
