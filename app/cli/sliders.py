"""`scumble sliders`: the directions in which textures can be moved, and new ones out of photos."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.batch import Outcome, Totals, add_device_argument, make_engine, run_all
from app.cli.chosen_edits import FAMILY, SUFFIX, coder
from app.cli.command import Command, UsageError, say, whole_number_between
from app.cli.files import Job, check_not_read, check_out_file, picture_names
from app.errors import UserError
from models.catalog import ModelSpec, default_model

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from app.document.sliders import Slider
    from models.engine.engine import Engine
    from models.values import Direction, Picture

LONG_SIDE_PX = 1024
"""A photo is handed to the engine so large; it encodes it smaller."""

EPILOG = """\
examples:
  scumble sliders list
  scumble sliders learn holiday/ --name Holiday -o holiday.slider
  scumble sliders difference snowy/ --without green/ --name Snow -o snow.slider
  scumble edit photo.jpg --slider snow.slider=1.5 -o out.png

exit codes: 0 it is done, 1 something failed, 2 the command cannot be meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)

    def add(name: str, help_text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=help_text, description=help_text)
        action.set_defaults(action=name)
        return action

    listing = add("list", "List the directions that a model brings, with their variance.")
    add_model_argument(listing)
    learning = add("learn", "Find the directions in which textures of a folder's photos differ.")
    learning.add_argument("photos", metavar="FOLDER", type=Path, help="at least three photos")
    learning.add_argument(
        "--count",
        metavar="N",
        type=whole_number_between(1, 64),
        default=8,
        help="how many, the widest first (default 8)",
    )
    difference = add("difference", "Make a slider of what some photos have and others have not.")
    difference.add_argument(
        "photos", metavar="FOLDER", type=Path, help="photos that have it, or one photo"
    )
    difference.add_argument(
        "--without",
        metavar="FOLDER",
        type=Path,
        help="photos that have it not, or one photo (default: the mean of the model's training)",
    )
    for making in (learning, difference):
        making.add_argument("--name", required=True, help="what it is called")
        making.add_argument(
            "-o", "--out", metavar="FILE", type=Path, required=True, help=f"NAME{SUFFIX}"
        )
        add_model_argument(making)
        add_device_argument(making)


def add_model_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", metavar="ID_OR_PATH", help="the model (default: the first that is installed)"
    )


def run(args: argparse.Namespace) -> int:
    actions = {"list": show_list, "learn": learn, "difference": difference}
    return actions[args.action](args)


def show_list(args: argparse.Namespace) -> int:
    model, spec = model_of(args)
    found = make_engine("cpu").directions(model)
    rows = [
        (f"{code}:{number}", share)
        for code, shares in (("texture", found.texture), ("structure", found.structure))
        for number, share in enumerate(shares)
    ]
    if not rows:
        say(f"{spec.title} brings no directions; make sliders with `scumble sliders learn`.")
    width = max((len(name) for name, _ in rows), default=0)
    for name, share in rows:
        say(f"{name:<{width}}  {share:6.1%} of the variance")
    return 0


def learn(args: argparse.Namespace) -> int:
    from app.tools.directions import principal_directions
    from models.values import Direction

    if not os.path.isdir(args.photos):
        raise UsageError(f"{args.photos} is not a folder; name a folder of photos.")
    (jobs,) = planned(args, [args.photos])
    encoding, totals = encoded(args, jobs)
    found = principal_directions(encoding.codes_of(jobs), args.count)
    write(
        args,
        [
            encoding.slider(
                Direction.from_values(one.values),
                f"{args.name} {number}" if args.count > 1 else args.name,
                min(1.0, one.share),
            )
            for number, one in enumerate(found, 1)
        ],
        totals,
    )
    return 1 if totals.failed else 0


def difference(args: argparse.Namespace) -> int:
    from app.tools.directions import attribute
    from models.values import Direction

    groups = [args.photos] if args.without is None else [args.photos, args.without]
    planned_groups = planned(args, groups)
    jobs = list(dict.fromkeys(job for group in planned_groups for job in group))
    encoding, totals = encoded(args, jobs)
    having = encoding.codes_of(planned_groups[0])
    lacking = [encoding.mean()] if args.without is None else encoding.codes_of(planned_groups[1])
    if not having or not lacking:
        raise UserError("No photo of a group could be used.", "Choose other photos.")
    direction = Direction.from_values(attribute(having, lacking))
    write(args, [encoding.slider(direction, args.name, None)], totals)
    return 1 if totals.failed else 0


def model_of(args: argparse.Namespace) -> tuple[str, ModelSpec]:
    """What the engine is to call the model, and the model."""
    spec = coder(args.model or default_model(FAMILY).id)
    return args.model or spec.id, spec


def planned(args: argparse.Namespace, groups: Sequence[Path]) -> list[list[Job]]:
    """The photos of each group, a file or a folder; all checked before torch is there."""
    check_out_file(args.out, (SUFFIX,))
    if not args.name.strip():
        raise UsageError("--name is empty.")
    jobs = [[Job(photo, args.out) for photo in photos_in(group)] for group in groups]
    check_not_read([job for group in jobs for job in group])
    return jobs


def photos_in(path: Path) -> list[Path]:
    """The photo, or those directly in the folder."""
    if not os.path.exists(path):
        raise UserError(f"There is no file or folder {path}.", "Check its name and folder.")
    if not os.path.isdir(path):
        return [path]
    return [path / name for name in picture_names(path)]


def encoded(args: argparse.Namespace, jobs: list[Job]) -> tuple["Encoding", Totals]:
    """The texture codes of photos; those that cannot be read are reported and skipped."""
    model, spec = model_of(args)
    encoding = Encoding(make_engine(args.device), model, spec.id)
    return encoding, run_all(encoding.do, jobs)


def write(args: argparse.Namespace, sliders: Sequence["Slider"], totals: Totals) -> None:
    """Write the file, and a line for each slider."""
    from app.document.io.slider_files import write_sliders

    write_sliders(args.out, sliders)
    for slider in sliders:
        share = "" if slider.share is None else f", {slider.share:.1%} of the variance"
        say(f"{slider.name}{share}")
    count = "1 slider" if len(sliders) == 1 else f"{len(sliders)} sliders"
    say(f"{args.out}: {count} of {totals.words()}")


@dataclass
class Encoding:
    """Photos becoming texture codes.

    Attributes:
        model: as the engine is to call it.
        model_id: as sliders name it.
        codes: by photo.
        weights: sha256 of the model's file, once a photo is encoded.
    """

    engine: "Engine"
    model: str
    model_id: str
    codes: "dict[Path, npt.NDArray[np.float32]]" = field(default_factory=dict)
    weights: str = ""

    def do(self, job: Job) -> Outcome:
        """Read and encode one photo."""
        from models.api import TextureRequest

        photo = read_small(job.source)
        result = self.engine.texture_code(TextureRequest(photo=photo, model=self.model))
        self.codes[job.source], self.weights = result.code, result.weights
        return Outcome((photo.height_px, photo.width_px), result.device, result.seconds)

    def codes_of(self, jobs: Sequence[Job]) -> "list[npt.NDArray[np.float32]]":
        """Of those photos that could be read."""
        return [self.codes[job.source] for job in jobs if job.source in self.codes]

    def mean(self) -> "npt.NDArray[np.float32]":
        """The model's mean code."""
        mean = self.engine.directions(self.model).texture_mean
        if mean is None:
            raise UserError(
                f"The model {self.model_id!r} does not bring the mean of its textures.",
                "Name photos to compare with, with --without.",
            )
        return mean

    def slider(self, direction: "Direction", name: str, share: float | None) -> "Slider":
        """A slider for this model."""
        from app.document.sliders import Slider

        return Slider(direction, " ".join(name.split()), self.model_id, self.weights, share)


def read_small(path: Path) -> "Picture":
    """The photo in a file, in sRGB and no larger than it has to be."""
    from app.document.io.images import read_image
    from app.document.pyramid import Pyramid
    from models.values import Picture

    image = read_image(path)
    pyramid = Pyramid.of(image.rgb_hwc, image.metadata.icc)
    side_px = min(LONG_SIDE_PX, max(pyramid.width_px, pyramid.height_px))
    return Picture.from_rgb(pyramid.thumbnail(side_px))


COMMAND = Command("sliders", "List sliders, and make new ones out of photos.", add_arguments, run)
