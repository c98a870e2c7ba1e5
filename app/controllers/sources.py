"""Where the clone brush and the texture brush take from."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.controllers.references import References
from app.controllers.session import Change, Session
from app.document.document import Document, Photo, with_reference
from app.document.rect import Rect
from app.errors import UserError
from app.jobs.queue import JobQueue
from app.tools.clone import CloneAim, CloneSource, in_shares, reach
from app.tools.stroke import Point
from models.edits import ClonePatch, TexturePatch

NO_MASK = "0" * 64
"""The mask of a patch that has not been painted yet."""
SHARES_DECIMALS = 6
"""Of offsets and spots: strokes of one source are the same to the last digit."""
NO_SOURCE = (
    "The clone brush has no source yet.",
    "Hold Ctrl or Alt and click the place to copy from, or click it in a reference in the panel"
    " Retouch.",
)
NO_TEXTURE = (
    "The texture brush has no texture yet.",
    "Choose a reference in the panel Retouch, or hold Ctrl or Alt and click a place of the"
    " picture.",
)


@dataclass(frozen=True)
class Texture:
    """What the texture brush paints: the texture of a picture, or of a round place in it.

    Attributes:
        reference: sha256 of a reference, None for the document's own picture.
        spot: x, y and radius as `TexturePatch` has them; None for all of the reference.
    """

    reference: str | None
    spot: tuple[float, float, float] | None = None


class Sources(QObject):
    """The source of the clone brush, the texture in hand, and references on their way in.

    Signals:
        source_changed(): the clone brush takes from elsewhere.
        texture_changed(): another texture is in hand, or none.
        reading(str): the name of a reference that is being read; empty when none is.
        loaded(str, object): hash and thumbnail (rgb_hwc uint8) of a reference that came in.
        added(str): hash of a reference that has come into the document.
        failed(Exception): a reference could not be read; the document is as it was.

    Attributes:
        texture: in hand, or None.
    """

    source_changed = Signal()
    texture_changed = Signal()
    reading = Signal(str)
    loaded = Signal(str, object)
    added = Signal(str)
    failed = Signal(object)

    def __init__(self, queue: JobQueue, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._references = References(queue, session, self)
        self.texture: Texture | None = None
        self._aim = CloneAim()
        self._references.reading.connect(self.reading)
        self._references.loaded.connect(self.loaded)
        self._references.failed.connect(self.failed)
        session.changed.connect(self._document_changed)

    # References

    def add_file(self, path: Path) -> None:
        """Read a picture as a reference; the texture brush takes it if it has none yet."""
        self._references.read_file(path, self._add)

    def add_image(self, image: QImage) -> None:
        """The same for pixels from a clipboard or a browser."""
        self._references.read_image(image, self._add)

    def _add(self, photo: Photo) -> None:
        self._session.push("Add reference", with_reference(self._session.settled(), photo))
        if self.texture is None:
            self._have(Texture(photo.picture.sha256))
        self.added.emit(photo.picture.sha256)

    # Textures

    def use_texture(self, sha256: str | None) -> None:
        """Take the texture of a whole reference in hand, or none."""
        self._have(None if sha256 is None else Texture(sha256))

    def texture_here(self, x_px: float, y_px: float, diameter_px: float) -> None:
        """Take the texture of a round place of the document's own picture in hand."""
        document = self._session.document
        if document is not None:
            x, y = x_px / document.width_px, y_px / document.height_px
            self._have(Texture(None, _spot(document, x, y, diameter_px)))

    def texture_in(self, sha256: str, x: float, y: float, diameter_px: float) -> None:
        """The same of a reference; x and y in shares of its width and height.

        The diameter is in pixels of the reference once it has the document's shorter side.
        """
        document = self._session.document
        if document is not None and document.reference(sha256) is not None:
            self._have(Texture(sha256, _spot(document, x, y, diameter_px)))

    @property
    def spot_px(self) -> tuple[float, float, float] | None:
        """x, y and radius of the place of the document whose texture is in hand; None for none."""
        texture, document = self.texture, self._session.document
        if document is None or texture is None or texture.reference or texture.spot is None:
            return None
        x, y, radius = texture.spot
        width_px, height_px = document.width_px, document.height_px
        return x * width_px, y * height_px, radius * min(width_px, height_px)

    def texture_patch(self, amount: float) -> TexturePatch:
        """What the texture brush paints, without a mask; UserError if no texture is in hand."""
        texture = self.texture
        if texture is None:
            raise UserError(*NO_TEXTURE)
        return TexturePatch(
            mask=NO_MASK, reference=texture.reference, spot=texture.spot, amount=amount
        )

    def _have(self, texture: Texture | None) -> None:
        if texture != self.texture:
            self.texture = texture
            self.texture_changed.emit()

    # Clones

    @property
    def source(self) -> CloneSource | None:
        """Where the clone brush takes from, as it was set; None while there is no such place."""
        source, document = self._aim.source, self._session.document
        if source is None or document is None:
            return None
        gone = source.picture is not None and document.reference(source.picture) is None
        return None if gone else source

    def set_aligned(self, on: bool) -> None:
        """Have the clone brush keep its distance from one stroke to the next."""
        self._aim.aligned = on

    def clone_here(self, x_px: float, y_px: float) -> None:
        """Clone from this place of the document."""
        self._set_source(CloneSource(x_px, y_px, None))

    def clone_in(self, sha256: str, x: float, y: float) -> None:
        """Clone from a reference; x and y in shares of its width and height."""
        document = self._session.document
        photo = document.reference(sha256) if document is not None else None
        if document is not None and photo is not None:
            width_px, height_px = _scaled_size(document, photo)
            self._set_source(CloneSource(x * width_px, y * height_px, sha256))

    def begin_clone(self, document: Document, x_px: float, y_px: float) -> tuple[ClonePatch, Rect]:
        """A stroke of the clone brush begins here.

        Returns:
            What it paints, without a mask, and the pixels whose source lies in its picture.

        Raises:
            UserError: no source was set.
        """
        source = self.source
        if source is None:
            raise UserError(*NO_SOURCE)
        way_px = self._aim.begin(x_px, y_px)
        shares = in_shares(*way_px, document.width_px, document.height_px)
        dx, dy = (round(share, SHARES_DECIMALS) for share in shares)
        photo = document.base if source.picture is None else document.reference(source.picture)
        assert photo is not None, "a source whose reference is gone is none"
        patch = ClonePatch(mask=NO_MASK, dx=dx, dy=dy, source=source.picture)
        return patch, reach(*way_px, *_scaled_size(document, photo))

    def end_clone(self) -> None:
        """The stroke has ended."""
        self._aim.end()
        self.source_changed.emit()

    def source_at(self, place_px: Point | None) -> Point | None:
        """Where the clone brush would take from with the hand there, in pixels of the source."""
        source = self.source
        if source is None:
            return None
        at = self._aim.source_at(*place_px) if place_px is not None else None
        return at or (source.x_px, source.y_px)

    def source_shares(self, place_px: Point | None) -> Point | None:
        """The same in shares of a reference's width and height; None for the document's own."""
        source, document, at = self.source, self._session.document, self.source_at(place_px)
        if source is None or document is None or at is None or source.picture is None:
            return None
        photo = document.reference(source.picture)
        assert photo is not None, "a source whose reference is gone is none"
        width_px, height_px = _scaled_size(document, photo)
        return at[0] / width_px, at[1] / height_px

    def _set_source(self, source: CloneSource) -> None:
        self._aim.set(source)
        self.source_changed.emit()

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self._aim = CloneAim(aligned=self._aim.aligned)
            self.source_changed.emit()
        texture = self.texture
        gone = document is None or (
            texture is not None
            and texture.reference is not None
            and document.reference(texture.reference) is None
        )
        if why is Change.OPEN or gone:
            self._have(None)


def _scaled_size(document: Document, photo: Photo) -> tuple[float, float]:
    """Width and height of a photo, scaled to the document's shorter side."""
    picture = photo.picture
    scale = min(document.width_px, document.height_px) / min(picture.width_px, picture.height_px)
    return picture.width_px * scale, picture.height_px * scale


def _spot(document: Document, x: float, y: float, diameter_px: float) -> tuple[float, float, float]:
    radius = diameter_px / 2 / min(document.width_px, document.height_px)
    x, y, radius = (round(min(max(v, 0.0), 1.0), SHARES_DECIMALS) for v in (x, y, radius))
    return x, y, radius
