"""`scumble evaluate`: figures and a grid of swaps for a trained model."""

import argparse
import sys
from pathlib import Path

from app.cli.command import Command, UsageError, say, whole_number_between
from app.cli.train import METHOD, add_data_arguments
from models.catalog import find_model

EPILOG = f"""\
examples:
  scumble evaluate {METHOD} --model runs/mine/model.safetensors --data photos/ \\
      --features squeezenet1_0.pth --grid swaps.png
  scumble evaluate {METHOD} --model landscapes --data resources/samples \\
      --split all --grid swaps.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("method", metavar="METHOD", choices=[METHOD], help=METHOD)
    parser.add_argument("--model", metavar="ID_OR_PATH", required=True)
    add_data_arguments(parser, required=True)
    parser.add_argument(
        "--split",
        choices=("heldout", "all"),
        default="heldout",
        help="which of the pictures (default: those that training holds out)",
    )
    parser.add_argument(
        "--features",
        metavar="FILE",
        type=Path,
        help="SqueezeNet v1.0 weights, in whose features the figures are taken",
    )
    parser.add_argument("--grid", metavar="OUT", type=Path, help="write a picture of all swaps")
    parser.add_argument("--pictures", type=whole_number_between(1, 20), default=6, metavar="N",
                        help="pictures in the grid (default 6)")  # fmt: skip
    parser.add_argument("--pairs", type=whole_number_between(1, 100_000), default=64, metavar="N",
                        help="pairs that are swapped for the figures (default 64)")  # fmt: skip
    parser.add_argument("--size", type=whole_number_between(16, 4096), default=256, metavar="PX",
                        help="side of the squares worked on (default 256)")  # fmt: skip
    parser.add_argument("--seed", type=whole_number_between(0, 2**63 - 1), default=0, metavar="N")


def run(args: argparse.Namespace) -> int:
    if args.features is None and args.grid is None:
        raise UsageError("Give --features for figures, --grid for a picture, or both.")
    model = find_model(args.model)
    if args.size % model.io.multiple_of_px or args.size < model.io.min_px:
        raise UsageError(
            f"--size must be a multiple of {model.io.multiple_of_px} from {model.io.min_px} on."
        )
    from tqdm import tqdm

    from models.train.run import Data, grid, measure, report_json

    data = Data(sources=tuple(args.data), index=args.index)
    pictures = data.all() if args.split == "all" else data.split()[1]
    if args.grid is not None:
        grid(model.path, pictures[: args.pictures], args.size, args.grid)
        say(f"Wrote {args.grid}.")
    if args.features is not None:
        with tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), unit="picture") as bar:

            def progress(done: int, of: int) -> None:
                bar.total = of
                bar.update(done - bar.n)

            report = measure(
                model.path,
                pictures,
                args.features,
                pairs=args.pairs,
                size_px=args.size,
                seed=args.seed,
                progress=progress,
            )
        say(report_json(report))
    return 0


COMMAND = Command("evaluate", "Measure a trained model on pictures it has not seen.",
                  add_arguments, run)  # fmt: skip
