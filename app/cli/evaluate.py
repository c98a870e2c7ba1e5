"""`scumble evaluate`: figures and a grid of swaps for a trained model."""

import argparse
import sys
from pathlib import Path

from app.cli.command import Command, UsageError, say, whole_number_between
from app.cli.files import check_out_file
from app.cli.train import METHOD, add_data_arguments
from app.errors import UserError
from models.catalog import find_model

EPILOG = f"""\
examples:
  scumble evaluate {METHOD} --model runs/mine/model.safetensors --data photos/ \\
      --features squeezenet1_0.pth --grid swaps.png
  scumble evaluate {METHOD} --model landscapes --data resources/samples \\
      --split all --grid swaps.png
"""
GRID_FORMATS = {".png": 2**31 - 1, ".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}
"""Extensions of the grid, each with the longest side in px that the format has."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("method", metavar="METHOD", choices=[METHOD],
                        help=f"how the model was made: {METHOD}")  # fmt: skip
    parser.add_argument("--model", metavar="ID_OR_PATH", required=True,
                        help="the trained model: its id, or its file")  # fmt: skip
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
    parser.add_argument(
        "--grid",
        metavar="OUT",
        type=Path,
        help=f"write a picture of all swaps ({' '.join(GRID_FORMATS)})",
    )
    parser.add_argument("--pictures", type=whole_number_between(1, 20), default=6, metavar="N",
                        help="pictures in the grid (default 6)")  # fmt: skip
    parser.add_argument("--pairs", type=whole_number_between(1, 100_000), default=64, metavar="N",
                        help="pairs that are swapped for the figures (default 64)")  # fmt: skip
    parser.add_argument("--size", type=whole_number_between(16, 4096), default=256, metavar="PX",
                        help="side of the squares worked on (default 256)")  # fmt: skip
    parser.add_argument("--seed", type=whole_number_between(0, 2**63 - 1), default=0, metavar="N",
                        help="seed for the choice of pairs (default 0)")  # fmt: skip


def check_grid(args: argparse.Namespace) -> None:
    """Raise `UsageError` or `UserError` unless the grid can be written."""
    check_out_file(args.grid, GRID_FORMATS)
    side_px = (args.pictures + 1) * args.size
    longest_px = GRID_FORMATS[args.grid.suffix.lower()]
    if side_px > longest_px:
        raise UsageError(
            f"The grid may get {side_px} px wide, and {args.grid.suffix} ends at {longest_px} px: "
            "use .png, or a smaller --size."
        )


def run(args: argparse.Namespace) -> int:
    if args.features is None and args.grid is None:
        raise UsageError("Give --features for figures, --grid for a picture, or both.")
    if args.grid is not None:
        check_grid(args)
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
        try:
            grid(model.path, pictures[: args.pictures], args.size, args.grid)
        except OSError as error:
            raise UserError(
                f"{args.grid} cannot be written: {error.strerror or error}.", "Choose another."
            ) from error
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
