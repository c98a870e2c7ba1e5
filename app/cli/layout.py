"""`scumble layout`: the layout of a photo, ready to be edited."""

import argparse
import os
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
from app.cli.command import Command
from app.cli.files import Job, check_not_read, plan_jobs
from app.document.palettes import Palettes
from app.errors import UserError
from app.resources import resource
from models.catalog import default_model, find_model

if TYPE_CHECKING:
    from models.engine.engine import Engine
    from models.values import Picture

FAMILY = "segmenter"
FORMATS = (".png",)

DESCRIPTION = """\
Turn a photo into a layout: a PNG of label ids that the window opens and `scumble paint` renders.
"""
EPILOG = """\
examples:
  scumble layout photo.jpg -o layout.png
  scumble layout holiday/ -o layouts/

exit codes: 0 every layout is written, 1 something failed, 2 the command cannot be meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("photo", metavar="PHOTO", type=Path, help="the photo, or a folder of them")
    add_out_argument(parser, "the PNG to write; for a folder, the folder for layouts")
    parser.add_argument(
        "--model", metavar="ID_OR_PATH", help="the model (default: the first that is installed)"
    )
    add_device_argument(parser)


def run(args: argparse.Namespace) -> int:
    jobs = plan_jobs(args.photo, args.out, FORMATS)
    check_not_read(jobs)
    model = args.model or default_model(FAMILY).id
    # A model that is not there shall not be told once for every photo.
    find_model(model)
    is_folder = os.path.isdir(args.photo)
    # One file that is no good is told before torch is there, which takes seconds.
    only = None if is_folder else read_photo(jobs[0].source)
    seeing = Seeing(make_engine(args.device), model, Palettes(resource("palettes")))
    if only is not None:
        return run_file(partial(seeing.see, only), jobs[0])
    return run_folder(seeing.do, jobs, args.out)


def read_photo(path: Path) -> "Picture":
    """The photo in a file; `UserError` says why there is none."""
    from app.document.io.images import read_image
    from models.values import Picture

    return Picture.from_rgb(read_image(path).rgb_hwc)


@dataclass(frozen=True)
class Seeing:
    """What all jobs of a run have in common."""

    engine: "Engine"
    model: str
    palettes: Palettes

    def do(self, job: Job) -> Outcome:
        """Read, see, write.

        Raises:
            UserError, ModelsError: with a sentence; `job.out` is as it was.
        """
        return self.see(read_photo(job.source), job)

    def see(self, photo: "Picture", job: Job) -> Outcome:
        """The same for a photo that is read already."""
        from app.document.document import LabelMap
        from app.document.io.layouts import write_layout
        from app.document.tiles import TiledArray
        from models.api import LayoutRequest

        result = self.engine.see_layout(LayoutRequest(photo=photo, model=self.model))
        palette = self.palettes.find(result.palette_id)
        if palette is None:
            raise UserError(
                f"The model {self.model!r} has labels of the palette {result.palette_id!r}, "
                "which is not here.",
                "Choose another model.",
            )
        labels = LabelMap(TiledArray.from_array(result.ids_hw), palette.id)
        write_layout(job.out, labels, palette)
        check_written(job.out)
        height_px, width_px = result.ids_hw.shape
        return Outcome((height_px, width_px), result.device, result.seconds, result.notes)


COMMAND = Command("layout", "Turn a photo into a layout of labels.", add_arguments, run)
