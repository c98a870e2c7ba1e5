"""`scumble paint`: a picture from a layout of labels."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.batch import (
    Outcome,
    add_device_argument,
    add_out_argument,
    check_written,
    make_engine,
    run_file,
    run_folder,
)
from app.cli.command import Command, UsageError, number_between, whole_number_between
from app.cli.files import Job, check_not_read, plan_jobs
from app.document.palette import Label, Palette
from app.document.palettes import SHIPPED, Palettes
from app.errors import UserError
from app.resources import resource
from models.catalog import ModelSpec, default_model, find_model
from models.configs import SpadeConfig
from models.edits import RenderLayout

if TYPE_CHECKING:
    from app.document.io.layouts import LayoutFile
    from models.engine.engine import Engine
    from models.values import Picture

FAMILY = "spade"
LONGEST_PX = 100_000
MAX_MEGAPIXELS = 100
NAMED = 5
"""Labels named in one sentence, at most."""

DESCRIPTION = """\
Make a picture of a layout: what is sky, what is water, what is mountain.
A layout is a PNG of label ids, as the program, `scumble layout` and the usual data sets write it,
or a picture in the palette's colours.
"""
EPILOG = """\
examples:
  scumble paint lake.png -o lake.jpg
  scumble paint lake.png -o dusk.png --style evening.jpg --size 768x512
  scumble paint lake.png -o between.png --style noon.jpg --other-style dusk.jpg --blend 0.5
  scumble paint street_labelIds.png -o street.png --palette cityscapes --map "car=rock,person=plant"
  scumble paint layouts/ -o pictures/ --seed 7

exit codes: 0 every result is written, 1 something failed, 2 the command cannot be meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "labels", metavar="LABELS", type=Path, help="the layout, or a folder of layouts"
    )
    add_out_argument(
        parser,
        "the picture to write, its extension is the format; for a folder, the folder for pictures",
    )
    seed = whole_number_between(0, 2**63 - 1)
    style = parser.add_mutually_exclusive_group()
    style.add_argument("--style", metavar="PHOTO", type=Path, help="a photo to take the style of")
    style.add_argument("--seed", metavar="N", type=seed, help="a random style (default 0)")
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--other-style", metavar="PHOTO", type=Path, help="a photo with a second style"
    )
    other.add_argument("--other-seed", metavar="N", type=seed, help="a random second style")
    parser.add_argument(
        "--blend",
        metavar="B",
        type=number_between(0.0, 1.0),
        help="0 is the first style, 1 the second (default 0.5 where there is a second)",
    )
    parser.add_argument(
        "--model", metavar="ID_OR_PATH", help="the model (default: the first that is installed)"
    )
    parser.add_argument(
        "--palette",
        choices=SHIPPED,
        help="what the ids or colours in LABELS mean (default: as the file says, or else the "
        "model's own palette)",
    )
    parser.add_argument(
        "--map",
        metavar="LABEL=LABEL,...",
        type=pairs_of,
        default=(),
        help="what stands for labels that the model does not have, by names or ids",
    )
    parser.add_argument(
        "--size",
        metavar="WxH",
        type=size_of,
        help="width and height of the picture (default: the layout's own, the shorter side at "
        "most 512 on a CPU and 1024 on a GPU)",
    )
    add_device_argument(parser)


def size_of(text: str) -> tuple[int, int]:
    """An argument type: "768x512" -> (512, 768), height first."""
    width, times, height = text.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"must be like 768x512, not {text}")
    width_px, height_px = int(width), int(height)
    if not 1 <= min(width_px, height_px) <= max(width_px, height_px) <= LONGEST_PX:
        raise argparse.ArgumentTypeError(f"must have sides from 1 to {LONGEST_PX} px, not {text}")
    if width_px * height_px > MAX_MEGAPIXELS * 1e6:
        raise argparse.ArgumentTypeError(f"must be at most {MAX_MEGAPIXELS} megapixels, not {text}")
    return height_px, width_px


def pairs_of(text: str) -> tuple[tuple[str, str], ...]:
    """An argument type: "sea=water, hill=mountain" -> pairs of labels' names or ids."""
    pairs: list[tuple[str, str]] = []
    for part in text.split(","):
        before, equals, after = (word.strip() for word in part.partition("="))
        if not (before and equals and after):
            raise argparse.ArgumentTypeError(f"must be like sea=water,hill=mountain, not {text}")
        pairs.append((before, after))
    return tuple(pairs)


def run(args: argparse.Namespace) -> int:
    from app.document.io.images import FORMATS, read_image
    from models.values import Picture

    photos = [path for path in (args.style, args.other_style) if path is not None]
    for photo in photos:
        if os.path.isdir(photo):
            raise UsageError(f"{photo} is a folder; name one photo.")
    second = args.other_style is not None or args.other_seed is not None
    if args.blend is not None and not second:
        raise UsageError("--blend needs a second style: give --other-style or --other-seed.")
    jobs = plan_jobs(args.labels, args.out, FORMATS)
    check_not_read(jobs, photos)
    model = find_model(args.model) if args.model else default_model(FAMILY)
    config = check_model(model)
    if photos and not config.style_length:
        raise UsageError(f"{model.title} has no styles: leave --style and --other-style out.")
    palettes = Palettes(resource("palettes"))
    palette = palette_of(model, palettes, args.palette)
    pictures = {path: Picture.from_rgb(read_image(path).rgb_hwc) for path in photos}
    edit = RenderLayout(
        model=args.model or model.id,
        seed=args.seed or 0,
        reference=pictures[args.style].sha256 if args.style else None,
        other_seed=args.other_seed,
        other_reference=pictures[args.other_style].sha256 if args.other_style else None,
        blend=(0.5 if args.blend is None else args.blend) if second else 0.0,
    )
    labels = Labels(palettes, palette, args.palette, args.map)
    is_folder = os.path.isdir(args.labels)
    # One file that is no good is told before torch is there, which takes seconds.
    only = None if is_folder else labels.read(jobs[0].source)
    painting = Painting(make_engine(args.device), edit, tuple(pictures.values()), labels, args.size)
    if only is not None:
        return run_file(partial(painting.paint, only), jobs[0])
    return run_folder(painting.do, jobs, args.out)


def check_model(model: ModelSpec) -> SpadeConfig:
    """The model's config; `UserError` unless it paints."""
    if not isinstance(model.config, SpadeConfig):
        raise UserError(
            f"The model {model.id!r} ({model.family}) cannot render a layout.",
            "Choose one that paints from labels.",
        )
    return model.config


def palette_of(model: ModelSpec, palettes: Palettes, named: str | None) -> Palette:
    """The palette of the model's labels; for one that does not say, the one that is named."""
    palette = palettes.find(model.io.palette_id) or palettes.find(named)
    if palette is None:
        raise UserError(
            f"{model.title} does not say which palette its labels are from.",
            "Name it with --palette.",
        )
    return palette


@dataclass(frozen=True)
class ReadLayout:
    """A layout that can be painted.

    Attributes:
        file: as it was read.
        palette: of its labels.
        mapping: for each of them the model's; none where they are the model's own.
    """

    file: "LayoutFile"
    palette: Palette
    mapping: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Labels:
    """What labels mean: those of the layouts, and those of the model.

    Attributes:
        palettes: all there are.
        models: the model's.
        named: id of the palette that the layouts are said to have, or None.
        choices: (label of a layout, label of the model) by names or ids, before all else.
    """

    palettes: Palettes
    models: Palette
    named: str | None
    choices: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        for _, after in self.choices:
            if label_of(self.models, after) is None:
                raise UsageError(f"The palette {self.models.title} has no label {after!r}.")

    def read(self, path: Path) -> ReadLayout:
        """The layout in a file; `UserError` says why there is none that can be painted."""
        from app.document.io.layouts import read_layout

        named = self.palettes.find(self.named)
        if named is None:
            file = read_layout(path, self.models, self.palettes)
        else:
            file = read_layout(path, named)
        palette = self.palettes.find(file.palette_id)
        assert palette is not None, "a layout is read with a palette that is there"
        return ReadLayout(file, palette, self.mapping(file, palette))

    def mapping(self, layout: "LayoutFile", palette: Palette) -> tuple[tuple[int, int], ...]:
        """For each label of the layout the model's; none for a layout with the model's own.

        Raises:
            UserError: nothing stands for a label that is used, or a choice names no label.
        """
        import numpy as np

        choices: dict[int, int | None] = {}
        for before, after in self.choices:
            label, other = label_of(palette, before), label_of(self.models, after)
            if label is None or other is None:
                raise UserError(
                    f"The palette {palette.title} has no label {before!r}.",
                    "Correct what is given with --map.",
                )
            choices[label.id] = other.id
        if palette == self.models and not choices:
            return ()
        mapping: Mapping[int, int | None] = {label.id: label.id for label in palette.labels}
        if palette != self.models:
            mapping = palette.mapping_to(self.models)
        mapping = {**mapping, **choices}
        used = [int(label_id) for label_id in np.unique(layout.ids.to_array())]
        if lacking := [palette.by_id(label_id) for label_id in used if mapping[label_id] is None]:
            raise UserError(
                f"Nothing in the palette {self.models.title} stands for {listed(lacking)}.",
                "Choose what does with --map, as in "
                f'--map "{names(lacking)[0]}={self.models.labels[0].name}".',
            )
        return tuple((before, after) for before, after in mapping.items() if after is not None)


def label_of(palette: Palette, word: str) -> Label | None:
    """The label of this name, or of this id."""
    found = palette.by_name(word)
    return palette.by_id(int(word)) if found is None and word.isdecimal() else found


def names(labels: list[Label | None]) -> list[str]:
    return [label.name for label in labels if label is not None]


def listed(labels: list[Label | None]) -> str:
    """The first labels' names, and how many more there are."""
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    return ", ".join(names(labels)[:NAMED]) + more


@dataclass(frozen=True)
class Painting:
    """What all jobs of a run have in common.

    Attributes:
        pictures: that the edit names.
        size_px: (height, width) of the results, or None for the layouts' own within limits.
    """

    engine: "Engine"
    edit: RenderLayout
    pictures: tuple["Picture", ...]
    labels: Labels
    size_px: tuple[int, int] | None

    def do(self, job: Job) -> Outcome:
        """Read, render, write.

        Raises:
            UserError, ModelsError: with a sentence; `job.out` is as it was.
        """
        return self.paint(self.labels.read(job.source), job)

    def paint(self, layout: ReadLayout, job: Job) -> Outcome:
        """The same for a layout that is read already."""
        from dataclasses import replace

        import numpy as np

        from app.document.io.images import write_image
        from models.api import RenderRequest
        from models.values import Layout, Picture

        file, palette = layout.file, layout.palette
        size_px = self.size_px or self._size_of(file)
        result = self.engine.render(
            RenderRequest(
                base=Picture.from_rgb(np.zeros((*size_px, 3), np.uint8)),
                edits=(replace(self.edit, mapping=layout.mapping),),
                pictures=self.pictures,
                layout=Layout(
                    file.ids,
                    palette.id,
                    tuple((label.id, label.name) for label in palette.labels),
                ),
            )
        )
        write_image(job.out, result.rgb_hwc)
        check_written(job.out)
        height_px, width_px, _ = result.rgb_hwc.shape
        notes = file.notes + result.notes
        return Outcome((height_px, width_px), result.device, result.seconds, notes)

    def _size_of(self, file: "LayoutFile") -> tuple[int, int]:
        """The layout's own size, made smaller if the device would take too long."""
        own = (file.ids.height_px, file.ids.width_px)
        scale = min(1.0, self.engine.default_short_side_px / min(own))
        return max(1, round(own[0] * scale)), max(1, round(own[1] * scale))


COMMAND = Command("paint", "Make a picture of a layout.", add_arguments, run)
