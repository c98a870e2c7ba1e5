"""The edits that a command line asks for, out of a recipe or as sliders; checked without torch."""

import argparse
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.command import UsageError, number_between
from app.errors import UserError
from models.catalog import ModelSpec, default_model, find_model
from models.checks import is_axis
from models.configs import SwappingAutoencoderConfig
from models.edits import (
    DEVIATIONS,
    STRUCTURE_AXIS,
    TEXTURE_AXIS,
    AdjustTexture,
    CodeEdit,
    Edit,
    EditRegion,
    RenderLayout,
)
from models.errors import CheckpointMissing

if TYPE_CHECKING:
    from app.document.io.recipes import Recipe
    from app.document.sliders import Slider
    from models.engine.engine import Engine

FAMILY = "swapping_autoencoder"
SUFFIX = ".slider"


@dataclass(frozen=True)
class ChosenSlider:
    """What one `--slider` says.

    Attributes:
        amount: in standard deviations.
        axis: "texture:N", one of the model's own directions; or "" if it is in a file.
        path: of the file, or None.
        name: which slider of the file; "" where it has only one.
    """

    amount: float
    axis: str = ""
    path: Path | None = None
    name: str = ""


def slider_of(text: str) -> ChosenSlider:
    """An argument type: "texture:0=1.5", "snow.slider=2" or "weather.slider:Snow=2"."""
    which, equals, number = text.rpartition("=")
    if not (which and equals):
        raise argparse.ArgumentTypeError(f"must be like texture:0=1.5 or snow.slider=2, not {text}")
    amount = number_between(-DEVIATIONS, DEVIATIONS)(number)
    axis = f"{TEXTURE_AXIS}{which.removeprefix(TEXTURE_AXIS).lstrip('0') or '0'}"
    if which != TEXTURE_AXIS and which.startswith(TEXTURE_AXIS) and is_axis(axis, TEXTURE_AXIS):
        return ChosenSlider(amount, axis)
    # The last one: names of files may have the same in them.
    file, colon, name = which.rpartition(f"{SUFFIX}:")
    if not colon:
        file, name = which.removesuffix(SUFFIX), ""
    if not file or (not colon and not which.endswith(SUFFIX)):
        raise argparse.ArgumentTypeError(
            f"must name texture:N or a file ending in {SUFFIX}, not {which}"
        )
    return ChosenSlider(amount, path=Path(f"{file}{SUFFIX}"), name=name)


def edits_of_recipe(path: Path, model: str | None) -> tuple["Recipe", tuple[str, ...]]:
    """The recipe in a file, as it can be carried out on a photo, and sentences about it.

    Args:
        path: of the recipe.
        model: id or path of the model that takes the place of those named in it; None for those.

    Raises:
        UserError, CheckpointError: it cannot be used, or a model of it is not there.
    """
    from app.document.io.recipes import load_recipe

    recipe = load_recipe(path)
    kept = [
        (edit, name)
        for edit, name in zip(recipe.edits, recipe.names, strict=True)
        if not isinstance(edit, RenderLayout)
    ]
    notes: tuple[str, ...] = ()
    if len(kept) < len(recipe.edits):
        notes = (f"{path.name} renders a layout as well, which a photo does not have.",)
    edits = [
        replace(edit, model=model, checkpoint="") if model and isinstance(edit, CodeEdit) else edit
        for edit, _ in kept
    ]
    recipe = replace(recipe, edits=tuple(edits), names=tuple(name for _, name in kept))
    acting = [edit for edit in edits if edit.enabled and edit.strength > 0.0]
    if not acting:
        raise UserError(
            f"{path.name} has no edit that would change a photo.", "Switch its edits on."
        )
    for model_id in dict.fromkeys(edit.model for edit in acting):
        _check_sliders(recipe, acting, coder(model_id))
    return recipe, notes


def edits_of_sliders(chosen: Sequence[ChosenSlider], model: str | None, detail: float) -> "Recipe":
    """One edit that moves the texture along these sliders.

    Args:
        chosen: as they were given.
        model: id or path of the model; None for the one that the sliders of files are for, or
            else the first that is installed.
        detail: 0..1, how much of the photo's own detail is kept.

    Raises:
        UserError, CheckpointError: a file cannot be used or has no such slider, or is for another
            model, or the model is not there.
        UsageError: one slider twice.
    """
    from app.document.io.recipes import Recipe

    sliders = {one.path: _read(one.path) for one in chosen if one.path is not None}
    moved = [_chosen(sliders[one.path], one) if one.path else None for one in chosen]
    first = next((slider for slider in moved if slider is not None), None)
    spec = coder(model or (first.model if first else default_model(FAMILY).id))
    amounts = [
        (slider.direction.sha256 if slider else one.axis, one.amount)
        for one, slider in zip(chosen, moved, strict=True)
    ]
    if len(dict(amounts)) < len(amounts):
        raise UsageError("--slider names one slider twice.")
    edit = AdjustTexture(model=model or spec.id, amounts=tuple(amounts), detail=detail, seed=None)
    used = tuple(slider for slider in moved if slider is not None)
    for slider in used:
        _check_slider(slider, spec)
    return Recipe((edit,), ("",), sliders=used)


def coder(id_or_path: str) -> ModelSpec:
    """The model, which must be one that edits photos through their codes."""
    spec = find_model(id_or_path)
    if not isinstance(spec.config, SwappingAutoencoderConfig):
        raise UserError(
            f"The model {spec.id!r} ({spec.family}) cannot edit a photo through its codes.",
            "Choose a swapping autoencoder.",
        )
    return spec


def weights_of(spec: ModelSpec) -> str:
    """sha256 of the model's file."""
    if spec.weights.sha256:
        return spec.weights.sha256
    try:
        with open(spec.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointMissing(f"{spec.path} cannot be read: {error.strerror}.") from error


def check_axes(engine: "Engine", edits: Iterable[Edit]) -> None:
    """Raise `UserError` if an edit moves along a direction that its model does not bring.

    Asked once, so that it is not told of every photo.
    """
    for edit in edits:
        if not (isinstance(edit, AdjustTexture | EditRegion) and edit.enabled):
            continue
        for prefix in (TEXTURE_AXIS, STRUCTURE_AXIS):
            numbers = [
                int(name.removeprefix(prefix))
                for name, amount in edit.amounts
                if name.startswith(prefix) and amount
            ]
            if not numbers:
                continue
            brought = engine.directions(edit.model)
            count = len(brought.texture if prefix == TEXTURE_AXIS else brought.structure)
            if prefix == STRUCTURE_AXIS and not count:
                # Each picture's own are taken then, as many as its codes have numbers.
                continue
            if max(numbers) >= count:
                raise UserError(
                    f"The model {edit.model!r} has {count} directions of that kind, and "
                    f"{prefix}{max(numbers)} is asked for.",
                    "See them with `scumble sliders list`.",
                )


def _check_sliders(recipe: "Recipe", acting: Iterable[Edit], spec: ModelSpec) -> None:
    """Raise `UserError` if an edit of this model uses a slider of another."""
    used = {
        sha256
        for edit in acting
        if find_model(edit.model).path == spec.path
        for sha256 in edit.directions
    }
    for slider in recipe.sliders:
        if slider.direction.sha256 in used:
            _check_slider(slider, spec)


def _check_slider(slider: "Slider", spec: ModelSpec) -> None:
    if slider.weights != weights_of(spec):
        other = f"{slider.model!r}" if slider.model != spec.id else "other weights of it"
        raise UserError(
            f"The slider {slider.name} cannot be used with the model {spec.id!r}: "
            f"it was made for {other}.",
            "Choose that model, or make the slider again.",
        )


def _read(path: Path) -> tuple["Slider", ...]:
    from app.document.io.slider_files import read_sliders

    return read_sliders(path, None)


def _chosen(sliders: Sequence["Slider"], chosen: ChosenSlider) -> "Slider":
    assert chosen.path is not None, "only files have names of sliders"
    names = ", ".join(slider.name for slider in sliders)
    if not chosen.name:
        if len(sliders) > 1:
            raise UserError(
                f"{chosen.path.name} has several sliders: {names}.",
                f"Name one, as in {chosen.path.name}:{sliders[0].name}=1.",
            )
        return sliders[0]
    for slider in sliders:
        if slider.name.casefold() == chosen.name.strip().casefold():
            return slider
    raise UserError(f"{chosen.path.name} has no slider {chosen.name!r}; it has {names}.")
