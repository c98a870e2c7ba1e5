"""What a run is started with, beside its recipe; noted in its folder, so that it can go on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from models.errors import DataError
from models.header import id_from_name
from models.train.data.images import Named, split_images
from models.train.journal import NOTES, RECIPE, read_json
from models.train.settings.methods import SWAPPING_AUTOENCODER, Recipe, find_method

N = TypeVar("N", bound=Named)


@dataclass(frozen=True, kw_only=True)
class Data:
    """What to train on.

    Attributes:
        sources: folders of pictures, and tar shards.
        index: CSV with the columns name and split, or None for the built-in rule.
    """

    sources: tuple[Path, ...]
    index: Path | None = None

    def split(self, entries: Sequence[N]) -> tuple[tuple[N, ...], tuple[N, ...]]:
        """Those to train on, and held-out ones; `DataError` as of `split_images`."""
        return split_images(entries, self.index)

    def to_json(self) -> dict[str, Any]:
        """Absolute paths, for the run's notes."""
        index = None if self.index is None else str(self.index.resolve())
        return {"sources": [str(source.resolve()) for source in self.sources], "index": index}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        index = values["index"]
        return cls(
            sources=tuple(Path(source) for source in values["sources"]),
            index=None if index is None else Path(index),
        )


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What the exported model says of itself; `palette_id` is of the labels that it knows."""

    model_id: str
    title: str
    licence: str = "not stated"
    source: str = "trained with `scumble train`"
    palette_id: str | None = None

    @classmethod
    def named(cls, name: str) -> Self:
        """An identity whose id is made of the name."""
        return cls(model_id=id_from_name(name) or "model", title=name)

    def changed(self, *, name: str | None, licence: str | None, source: str | None) -> Self:
        """This identity, with what is not None put in place of what was."""
        base = self.named(name or self.title)
        return replace(
            self,
            model_id=base.model_id,
            title=base.title,
            licence=licence or self.licence,
            source=source or self.source,
        )


@dataclass(frozen=True)
class Noted:
    """What a run was started with.

    Attributes:
        recipe: of any method.
        data, identity, precision: as they were given.
    """

    recipe: Recipe
    data: Data
    identity: Identity
    precision: str


def note(method: str, data: Data, identity: Identity, precision: str) -> dict[str, Any]:
    """What `noted_run` reads."""
    return {
        "method": method,
        "data": data.to_json(),
        "identity": asdict(identity),
        "precision": precision,
    }


def noted_run(out: Path) -> Noted:
    """What a run was started with.

    Raises:
        DataError: there is no such run, it is damaged, or of another version of the program.
    """
    notes = read_json(out, NOTES)
    try:
        # The first runs noted no method: there was one.
        method = find_method(notes.get("method", SWAPPING_AUTOENCODER.name))
        data, identity = Data.from_json(notes["data"]), Identity(**notes["identity"])
        precision = str(notes["precision"])
    except (KeyError, TypeError) as error:
        raise DataError(f"The notes in {out} are damaged: {NOTES} lacks something.") from error
    try:
        recipe = method.recipe(**read_json(out, RECIPE))
    except TypeError as error:
        raise DataError(f"The recipe in {out} is of another version of the program.") from error
    return Noted(recipe, data, identity, precision)
