"""`scumble swap`: the layout of one picture with the look of another."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.batch import (
    Outcome,
    add_device_argument,
    add_out_argument,
    add_strip_place_argument,
    make_engine,
    run_file,
    run_folder,
)
from app.cli.command import Command, UsageError, number_between, whole_number_between
from app.cli.files import Job, check_not_read, plan_jobs
from app.cli.results import bits_of, write_result
from models.catalog import default_model, find_model
from models.edits import SwapTexture

if TYPE_CHECKING:
    from models.engine.engine import Engine
    from models.values import Picture

FAMILY = "swapping_autoencoder"

DESCRIPTION = """\
Give a photo the texture (material, weather, light, season) of a reference, and keep its layout.
Pictures are PNG, JPEG, TIFF or WebP; colour profile and EXIF of the photo go into the result.
"""
EPILOG = """\
examples:
  scumble swap photo.jpg reference.jpg -o out.png
  scumble swap photo.jpg reference.jpg -o out.png --amount 0.5 --size 1024
  scumble swap holiday/ reference.jpg -o results/

exit codes: 0 every result is written, 1 something failed, 2 the command cannot be meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "structure",
        metavar="STRUCTURE",
        type=Path,
        help="the photo whose layout is kept, or a folder of photos",
    )
    parser.add_argument(
        "texture", metavar="TEXTURE", type=Path, help="the picture whose look is taken over"
    )
    add_out_argument(
        parser,
        "the file to write, its extension is the format; for a folder, the folder for results",
    )
    parser.add_argument(
        "--amount",
        metavar="A",
        type=number_between(0.0, 1.5),
        default=1.0,
        help="0 is the photo as the model sees it, 1 the reference's look, up to 1.5 (default 1)",
    )
    parser.add_argument(
        "--model", metavar="ID_OR_PATH", help="the model (default: the first that is installed)"
    )
    parser.add_argument(
        "--size",
        metavar="PX",
        type=whole_number_between(1, 100_000),
        help="shorter side of the result (default: the photo's own, at most 512 on a CPU and "
        "1024 on a GPU)",
    )
    add_device_argument(parser)
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole_number_between(0, 2**63 - 1),
        default=0,
        help="seed for the fine grain of the result (default 0)",
    )
    parser.add_argument(
        "--no-grain", action="store_true", help="no fine grain: smooth, as for graphics"
    )
    add_strip_place_argument(parser)


def run(args: argparse.Namespace) -> int:
    from app.document.io.images import FORMATS, read_image
    from models.values import Picture

    if os.path.isdir(args.texture):
        raise UsageError(f"{args.texture} is a folder; TEXTURE must be one picture.")
    jobs = plan_jobs(args.structure, args.out, FORMATS)
    check_not_read(jobs, [args.texture])
    reference = Picture.from_rgb(read_image(args.texture).rgb_hwc)
    model = find_model(args.model) if args.model else default_model(FAMILY)
    edit = SwapTexture(
        model=args.model or model.id,
        reference=reference.sha256,
        amount=args.amount,
        seed=None if args.no_grain else args.seed,
    )
    swap = Swap(make_engine(args.device), edit, reference, args.size, args.strip_place)
    if not os.path.isdir(args.structure):
        return run_file(swap.do, jobs[0])
    limit = swap.engine.default_short_side_px
    size = f"short side {swap.size_px} px" if swap.size_px else f"short side up to {limit} px"
    return run_folder(swap.do, jobs, args.out, size)


@dataclass(frozen=True)
class Swap:
    """What all jobs of a run have in common.

    Attributes:
        size_px: shorter side of the results, or None for the photo's own within limits.
    """

    engine: "Engine"
    edit: SwapTexture
    reference: "Picture"
    size_px: int | None
    strip_place: bool

    def do(self, job: Job) -> Outcome:
        """Read, render, write.

        Raises:
            UserError, ModelsError: with a sentence; `job.out` is as it was.
        """
        from app.document.io.images import read_image
        from models.api import RenderRequest
        from models.values import Picture

        photo = read_image(job.source)
        base = Picture.from_rgb(photo.rgb_hwc)
        own_px = min(base.height_px, base.width_px)
        result = self.engine.render(
            RenderRequest(
                base=base,
                edits=(self.edit,),
                pictures=(self.reference,),
                short_side_px=self.size_px or min(own_px, self.engine.default_short_side_px),
                bits=bits_of(job.out, photo.bits),
            )
        )
        write_result(job.out, result.rgb_hwc, photo, strip_place=self.strip_place)
        height_px, width_px, _ = result.rgb_hwc.shape
        return Outcome((height_px, width_px), result.device, result.seconds, result.notes)


COMMAND = Command("swap", "Give a photo the texture of a reference.", add_arguments, run)
