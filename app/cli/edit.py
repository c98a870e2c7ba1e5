"""`scumble edit`: the edits of a recipe, or sliders, on a photo or a folder of them."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.batch import (
    Outcome,
    add_device_argument,
    add_strip_place_argument,
    make_engine,
    run_all,
    run_file,
)
from app.cli.chosen_edits import check_axes, edits_of_recipe, edits_of_sliders, slider_of
from app.cli.command import Command, UsageError, number_between, say, whole_number_between
from app.cli.files import Job, check_not_read, check_out_file, picture_names, plan_jobs
from app.cli.results import bits_of, write_result
from app.errors import UserError

if TYPE_CHECKING:
    from app.cli.sheets import Pair
    from app.document.document import Document, Photo
    from app.document.io.recipes import Recipe
    from models.api import RenderRequest, RenderResult
    from models.engine.engine import Engine

DRY_PHOTOS = 3
DRY_PX = 256
"""Shorter side of the pictures of a dry run."""

DESCRIPTION = """\
Carry out the edits of a recipe, which the window saves, on a photo or on every photo of a folder.
What lies outside of the edits' masks stays as it is, to the last bit.
"""
EPILOG = """\
examples:
  scumble edit photo.jpg --recipe evening.json -o out.png
  scumble edit holiday/ --recipe evening.json --dry-run --sheet look.png
  scumble edit holiday/ --recipe evening.json -o results/ --sheet sheet.jpg
  scumble edit photo.tif --slider texture:0=1.5 --slider snow.slider=2 -o out.tif
  scumble edit photo.jpg --slider weather.slider:Fog=-1 --detail 0.5 -o out.jpg

exit codes: 0 every result is written, 1 something failed, 2 the command cannot be meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("photo", metavar="PHOTO", type=Path, help="the photo, or a folder of them")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--recipe", metavar="FILE", type=Path, help="a recipe, NAME.json")
    what.add_argument(
        "--slider",
        metavar="SLIDER=AMOUNT",
        type=slider_of,
        action="append",
        help="texture:N, a direction of the model; or FILE.slider, or FILE.slider:NAME where the "
        "file has several; by how many standard deviations, -6 to 6; may be given several times",
    )
    parser.add_argument(
        "-o",
        "--out",
        metavar="OUT",
        type=Path,
        help="the file to write, its extension is the format; for a folder, the folder for results",
    )
    side = whole_number_between(1, 100_000)
    parser.add_argument(
        "--size", metavar="PX", type=side, help="shorter side of the result (default: the photo's)"
    )
    at = parser.add_mutually_exclusive_group()
    at.add_argument(
        "--edit-size",
        metavar="PX",
        type=side,
        help="shorter side at which the edits are carried out, to be put into the photo then "
        "(default: the photo's, up to 512 on a CPU and 1024 on a GPU)",
    )
    at.add_argument(
        "--anew", action="store_true", help="carry the edits out at the size of the result"
    )
    parser.add_argument(
        "--detail",
        metavar="D",
        type=number_between(0.0, 1.0),
        help="with --slider: how much of the photo's own detail is kept, 0 to 1 (default 1)",
    )
    parser.add_argument(
        "--model",
        metavar="ID_OR_PATH",
        help="the model (default: the recipe's; for sliders the one they were made for, or the "
        "first that is installed)",
    )
    parser.add_argument(
        "--sheet",
        metavar="FILE",
        type=Path,
        help="write a contact sheet, before and after side by side",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help=f"write nothing but the contact sheet, of {DRY_PHOTOS} photos of the folder, small",
    )
    add_strip_place_argument(parser)
    add_device_argument(parser)


def run(args: argparse.Namespace) -> int:
    check_usage(args)
    if args.recipe:
        recipe, notes = edits_of_recipe(args.recipe, args.model)
    else:
        detail = 1.0 if args.detail is None else args.detail
        recipe, notes = edits_of_sliders(args.slider, args.model, detail), ()
    jobs = planned(args)
    check_files(args, jobs, recipe)
    # One file that is no good is told before torch is there, which takes seconds.
    only = None if os.path.isdir(args.photo) else read_photo(jobs[0].source)
    engine = make_engine(args.device)
    check_axes(engine, recipe.edits)
    for note in notes:
        say(note)
    editing = Editing(
        engine, recipe, Sizes(args.size, args.edit_size, args.anew), args.strip_place, args.dry_run
    )
    if args.sheet:
        editing.show(jobs)
    if only is not None and not args.dry_run:
        code = run_file(partial(editing.edit, only), jobs[0])
    else:
        totals = run_all(editing.do, jobs)
        out = args.sheet if args.dry_run else f"{args.out}{os.sep}"
        say(f"{out}: {totals.words(editing.size_words)}")
        code = 1 if totals.failed else 0
    editing.write_sheet(args.sheet)
    return code


def check_usage(args: argparse.Namespace) -> None:
    """Raise `UsageError` for options that do not go together."""
    if args.detail is not None and args.recipe:
        raise UsageError("--detail goes with --slider; a recipe says it for each of its edits.")
    if args.dry_run and args.sheet is None:
        raise UsageError("--dry-run needs --sheet, the file for its pictures.")
    if not args.dry_run and args.out is None:
        raise UsageError("-o is missing, the file or folder for the results.")


def planned(args: argparse.Namespace) -> list[Job]:
    """What is to be done; of a dry run, with no file to write."""
    from app.document.io.images import FORMATS

    if args.sheet:
        check_out_file(args.sheet, FORMATS)
    if not args.dry_run:
        return plan_jobs(args.photo, args.out, FORMATS)
    if not os.path.exists(args.photo):
        raise UserError(f"There is no file or folder {args.photo}.", "Check its name and folder.")
    if not os.path.isdir(args.photo):
        return [Job(args.photo, args.photo)]
    from app.cli.sheets import spread

    sources = [args.photo / name for name in spread(picture_names(args.photo), DRY_PHOTOS)]
    return [Job(source, source) for source in sources]


def check_files(args: argparse.Namespace, jobs: list[Job], recipe: "Recipe") -> None:
    """Raise `UsageError` if something that is read or written would be overwritten."""
    others = [photo.path for photo in recipe.photos if photo.path is not None]
    others += [args.recipe] if args.recipe else [s.path for s in args.slider if s.path is not None]
    if os.path.isdir(args.photo):
        others += [args.photo / name for name in picture_names(args.photo)]
    writes = [] if args.dry_run else list(jobs)
    if args.sheet:
        if any(os.path.realpath(job.out) == os.path.realpath(args.sheet) for job in writes):
            raise UsageError(f"{args.sheet} cannot be a result and the contact sheet.")
        writes.append(Job(jobs[0].source, args.sheet))
    check_not_read(writes, others)


def read_photo(path: Path) -> "Photo":
    """The photo in a file; `UserError` says why there is none."""
    from app.document.document import Photo
    from app.document.io.images import read_image
    from models.values import Picture

    image = read_image(path)
    picture = Picture.from_rgb(image.rgb_hwc)
    return Photo(picture, path.name, path, image.metadata, image.alpha_hw)


@dataclass(frozen=True)
class Sizes:
    """How large results are, and at which size the edits are carried out: shorter sides in px.

    Attributes:
        size_px: of the results; None for the photo's own.
        edit_px: of the edits; None for what the device does in reasonable time.
        anew: whether edits are carried out at the size of the results.
    """

    size_px: int | None
    edit_px: int | None
    anew: bool

    def request(self, document: "Document", bits: int, limit_px: int) -> "RenderRequest":
        """The request for a document's picture.

        Args:
            limit_px: what the device does in reasonable time.
        """
        from app.controllers.requests import request_of

        own_px = min(document.width_px, document.height_px)
        result_px = self.size_px or own_px
        edit_px = result_px if self.anew else self.edit_px or min(own_px, limit_px)
        return replace(
            request_of(document, None, bits),
            short_side_px=self.size_px,
            edit_px=edit_px if edit_px < result_px else None,
        )


@dataclass
class Editing:
    """What all jobs of a run have in common.

    Attributes:
        dry: whether nothing is written.
        shown: photos that are wanted on the contact sheet.
        pairs: those that are done.
    """

    engine: "Engine"
    recipe: "Recipe"
    sizes: Sizes
    strip_place: bool
    dry: bool
    shown: frozenset[Path] = frozenset()
    pairs: "list[Pair]" = field(default_factory=list)

    @property
    def size_words(self) -> str:
        """At which size the edits are carried out."""
        if self.dry:
            return f"at up to {DRY_PX} px (results of larger photos are finer)"
        if self.sizes.anew:
            return ""
        limit_px = self.sizes.edit_px or self.engine.default_short_side_px
        return f"edits at up to {min(limit_px, self.sizes.size_px or limit_px)} px"

    def show(self, jobs: Sequence[Job]) -> None:
        """Have some of the jobs on the contact sheet."""
        from app.cli.sheets import MOST_PAIRS, spread

        self.shown = frozenset(job.source for job in spread(jobs, MOST_PAIRS))

    def do(self, job: Job) -> Outcome:
        """Read, render, write.

        Raises:
            UserError, ModelsError: with a sentence; `job.out` is as it was.
        """
        return self.edit(read_photo(job.source), job)

    def edit(self, photo: "Photo", job: Job) -> Outcome:
        """The same for a photo that is read already."""
        from app.document.io.recipes import replayed

        document = replayed(self.recipe, photo)
        result = self._render(document, bits_of(job.out, photo.bits))
        if not self.dry:
            write_result(job.out, result.rgb_hwc, photo, strip_place=self.strip_place)
        if job.source in self.shown:
            self._keep(photo, result)
        height_px, width_px, _ = result.rgb_hwc.shape
        # At another size every pixel is made anew.
        own = (height_px, width_px) == (document.height_px, document.width_px)
        return Outcome(
            (height_px, width_px),
            result.device,
            result.seconds,
            result.notes,
            outside_px=result.outside_px if own and self.recipe.masks else 0,
            changed_outside_px=result.changed_outside_px,
        )

    def write_sheet(self, path: Path | None) -> None:
        """Write the contact sheet, if one is wanted and there is anything to show."""
        if path is None or not self.pairs:
            return
        from app.cli.sheets import write_sheet

        write_sheet(path, self.pairs)
        count = len(self.pairs)
        say(f"{path}: contact sheet of {count} {'photo' if count == 1 else 'photos'}")

    def _render(self, document: "Document", bits: int) -> "RenderResult":
        sizes = self.sizes
        if self.dry:
            own_px = min(document.width_px, document.height_px)
            sizes = Sizes(min(DRY_PX, own_px), None, anew=True)
        limit_px = self.engine.default_short_side_px
        return self.engine.render(sizes.request(document, bits, limit_px))

    def _keep(self, photo: "Photo", result: "RenderResult") -> None:
        from app.cli.sheets import Pair, thumbnail

        icc = photo.metadata.icc
        before, after = (
            thumbnail(rgb_hwc, icc) for rgb_hwc in (photo.picture.rgb_hwc, result.rgb_hwc)
        )
        self.pairs.append(Pair(photo.name, before, after))


COMMAND = Command("edit", "Carry out a recipe, or sliders, on photos.", add_arguments, run)
