"""`scumble evaluate`: figures and a picture of what a trained model does."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.cli.command import Command, UsageError, say, whole_number_between
from app.cli.files import check_out_file
from app.cli.train import add_data_arguments
from app.errors import UserError
from models.catalog import ModelSpec, find_model
from models.train.settings.methods import SEGMENTER, SPADE, SWAPPING_AUTOENCODER, MethodSettings

EPILOG = f"""\
examples:
  scumble evaluate {SWAPPING_AUTOENCODER.name} --model runs/mine/model.safetensors --data photos/ \\
      --features squeezenet1_0.pth --grid swaps.png
  scumble evaluate {SWAPPING_AUTOENCODER.name} --model landscapes --data resources/samples \\
      --split all --grid swaps.png
  scumble evaluate {SPADE.name} --model runs/paint/model.safetensors --data shards/*.tar \\
      --labels groups.csv --segmenter landscape-reader --features squeezenet1_0.pth --grid a.png
  scumble evaluate {SEGMENTER.name} --model landscape-reader --data shards/*.tar --labels groups.csv
"""
GRID_FORMATS = {".png": 2**31 - 1, ".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383}
"""Extensions of the grid, each with the longest side in px that the format has."""
STYLES_IN_GRID = 6
DEFAULT_PX = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    methods = parser.add_subparsers(title="how the model was made", metavar="METHOD", required=True)

    def add(
        method: MethodSettings, summary: str, action: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        sub = methods.add_parser(method.name, help=summary, description=summary)
        sub.epilog = EPILOG
        sub.set_defaults(action=action)
        add_common(sub, method)
        return sub

    swaps = add(SWAPPING_AUTOENCODER, "Measure reconstructions and swaps.", evaluate_swaps)
    add_features(swaps)
    swaps.add_argument("--pairs", type=whole_number_between(1, 100_000), default=64, metavar="N",
                       help="pairs that are swapped for the figures (default 64)")  # fmt: skip
    add_seed(swaps, "the choice of pairs")
    layouts = add(SPADE, "Measure pictures that were painted from layouts.", evaluate_layouts)
    add_features(layouts)
    layouts.add_argument(
        "--segmenter",
        metavar="ID_OR_PATH",
        help="a model that reads the pictures, for accuracy and mean IoU",
    )
    add_seed(layouts, "the random styles")
    add(SEGMENTER, "Measure layouts that were read out of photos.", evaluate_reading)


def add_common(parser: argparse.ArgumentParser, method: MethodSettings) -> None:
    parser.add_argument("--model", metavar="ID_OR_PATH", required=True,
                        help="the trained model: its id, or its file")  # fmt: skip
    add_data_arguments(parser, required=True, labelled=method.labelled)
    if method.labelled:
        parser.add_argument(
            "--labels",
            metavar="TABLE",
            help="how the data's label ids become classes: a palette's id, or a CSV file with the "
            "columns id and class (default: the ids of the model's palette)",
        )
    parser.add_argument(
        "--split",
        choices=("heldout", "all"),
        default="heldout",
        help="which of the pictures (default: those that training holds out)",
    )
    parser.add_argument(
        "--grid",
        metavar="OUT",
        type=Path,
        help=f"write a picture of what the model makes ({' '.join(GRID_FORMATS)})",
    )
    count = 6 if method is SWAPPING_AUTOENCODER else 8
    parser.add_argument("--pictures", type=whole_number_between(1, 20), default=count, metavar="N",
                        help=f"pictures in the grid (default {count})")  # fmt: skip
    parser.add_argument("--size", type=whole_number_between(16, 4096), metavar="PX",
                        help="side of the squares worked on "
                        f"(default: {DEFAULT_PX}, or what the model was made for)")  # fmt: skip


def add_features(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--features",
        metavar="FILE",
        type=Path,
        help="SqueezeNet v1.0 weights, in whose features figures are taken",
    )


def add_seed(parser: argparse.ArgumentParser, purpose: str) -> None:
    parser.add_argument("--seed", type=whole_number_between(0, 2**63 - 1), default=0, metavar="N",
                        help=f"seed for {purpose} (default 0)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    return args.action(args)


def evaluate_swaps(args: argparse.Namespace) -> int:
    if args.features is None and args.grid is None:
        raise UsageError("Give --features for figures, --grid for a picture, or both.")
    size_px = args.size or DEFAULT_PX
    check_grid(args, size_px, args.pictures + 1)
    model = find_model(args.model)
    check_size(model, size_px)
    from models.train.data.images import find_images
    from models.train.figures import measure_swaps, report_json, swap_sheet

    pictures = chosen(args, find_images(args.data))
    if args.grid is not None:
        with writing(args.grid):
            swap_sheet(model.path, pictures[: args.pictures], size_px, args.grid)
    if args.features is not None:
        with progress_bar() as progress:
            report = measure_swaps(
                model.path,
                pictures,
                args.features,
                pairs=args.pairs,
                size_px=size_px,
                seed=args.seed,
                progress=progress,
            )
        say(report_json(report))
    return 0


def evaluate_layouts(args: argparse.Namespace) -> int:
    if args.features is None and args.segmenter is None and args.grid is None:
        raise UsageError("Give --features or --segmenter for figures, --grid for a picture.")
    model, size_px = sized_model(args, max(args.pictures, STYLES_IN_GRID) + 1)
    segmenter = None if args.segmenter is None else find_model(args.segmenter)
    from models.train.data.labelled import find_labelled
    from models.train.figures import measure_layouts, report_json, style_sheet

    pictures = chosen(args, find_labelled(args.data).entries)
    if args.grid is not None:
        with writing(args.grid):
            style_sheet(
                model,
                pictures,
                labels=args.labels,
                layouts=args.pictures,
                styles=STYLES_IN_GRID,
                size_px=size_px,
                out=args.grid,
            )
    if args.features is not None or segmenter is not None:
        with progress_bar() as progress:
            report = measure_layouts(
                model,
                pictures,
                labels=args.labels,
                segmenter=segmenter,
                features=args.features,
                size_px=size_px,
                seed=args.seed,
                progress=progress,
            )
        say(report_json(report))
    return 0


def evaluate_reading(args: argparse.Namespace) -> int:
    model, size_px = sized_model(args, max(args.pictures, 3))
    from models.train.data.labelled import find_labelled
    from models.train.figures import measure_reading, reading_sheet, report_json

    pictures = chosen(args, find_labelled(args.data).entries)
    if args.grid is not None:
        with writing(args.grid):
            reading_sheet(
                model,
                pictures,
                labels=args.labels,
                count=args.pictures,
                size_px=size_px,
                out=args.grid,
            )
    with progress_bar() as progress:
        report = measure_reading(
            model, pictures, labels=args.labels, size_px=size_px, progress=progress
        )
    say(report_json(report))
    return 0


def sized_model(args: argparse.Namespace, tiles: int) -> tuple[ModelSpec, int]:
    """The model, and the side of the squares: as typed, or what the model was made for."""
    if args.grid is not None:
        check_out_file(args.grid, GRID_FORMATS)
    model = find_model(args.model)
    size_px = args.size or getattr(model.config, "crop_size", DEFAULT_PX)
    check_grid(args, size_px, tiles)
    check_size(model, size_px)
    return model, size_px


def check_grid(args: argparse.Namespace, size_px: int, tiles: int) -> None:
    """Raise `UsageError` or `UserError` unless a grid that is wanted can be written."""
    if args.grid is None:
        return
    check_out_file(args.grid, GRID_FORMATS)
    longest_px = GRID_FORMATS[args.grid.suffix.lower()]
    if tiles * size_px > longest_px:
        raise UsageError(
            f"The grid may get {tiles * size_px} px wide, and {args.grid.suffix} ends at "
            f"{longest_px} px: use .png, or a smaller --size."
        )


def check_size(model: ModelSpec, size_px: int) -> None:
    if size_px % model.io.multiple_of_px or size_px < model.io.min_px:
        raise UsageError(
            f"--size must be a multiple of {model.io.multiple_of_px} from {model.io.min_px} on."
        )


def chosen(args: argparse.Namespace, entries: Sequence[Any]) -> Sequence[Any]:
    """The pictures of the split that is asked for."""
    from models.train.data.images import split_images

    return entries if args.split == "all" else split_images(entries, args.index)[1]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say that the file was written, or in one sentence why it cannot be."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}.", "Choose another."
        ) from error
    say(f"Wrote {path}.")


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where a person looks at it; yields what is told of progress."""
    from tqdm import tqdm

    with tqdm(file=sys.stderr, disable=not sys.stderr.isatty(), unit="picture") as bar:

        def progress(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n)

        yield progress


COMMAND = Command("evaluate", "Measure a trained model on pictures it has not seen.",
                  add_arguments, run)  # fmt: skip
