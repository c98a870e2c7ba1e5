"""Which labels are in hand: the palette of the layout, two labels, and those used of late."""

from PySide6.QtCore import QObject, Signal

from app.controllers.session import Change, Session
from app.document.document import Document
from app.document.palette import Label, Palette
from app.document.palettes import Palettes
from app.errors import UserError

RECENT = 8


class Labels(QObject):
    """The label that is painted, the one to swap it with, and the palette of both.

    Signals:
        palette_changed(Palette): another layout is open, or it has other labels.
        chosen(Label, Label): the label in hand and the second one.
        recent_changed(tuple[Label, ...]): what was painted of late, the newest first.

    Attributes:
        palettes: all there are.
        palette: of the open layout, or the one for new layouts.
        primary, secondary: the label in hand, and the one that `swap` brings.
        recent: labels that were painted, the newest first, at most `RECENT`.
    """

    palette_changed = Signal(object)
    chosen = Signal(object, object)
    recent_changed = Signal(object)

    def __init__(
        self, session: Session, palettes: Palettes, first: str, parent: QObject | None = None
    ) -> None:
        """`first` is the id of the palette for new layouts."""
        super().__init__(parent)
        self._session = session
        self.palettes = palettes
        self.recent: tuple[Label, ...] = ()
        self._take_up(self.find(first))
        session.changed.connect(self._document_changed)

    def find(self, palette_id: str) -> Palette:
        """The palette of this id.

        Raises:
            UserError: there is none.
        """
        palette = self.palettes.find(palette_id)
        if palette is None:
            raise UserError(
                f"There is no palette {palette_id!r} here.",
                "The layout was made with another version of the program: use that one.",
            )
        return palette

    def choose(self, label_id: int) -> None:
        """Take a label in hand; one that the palette does not have is not listened to."""
        label = self.palette.by_id(label_id)
        if label is not None and label != self.primary:
            # The label that was in hand is the one to go back to.
            self._have(label, self.primary if label == self.secondary else self.secondary)

    def choose_second(self, label_id: int) -> None:
        """Have another label to swap with."""
        label = self.palette.by_id(label_id)
        if label is not None and label != self.secondary:
            self._have(self.secondary if label == self.primary else self.primary, label)

    def swap(self) -> None:
        """Exchange the two labels."""
        self._have(self.secondary, self.primary)

    def choose_hotkey(self, key: str) -> bool:
        """Take the label with this key in hand; False where no label has it."""
        for label in self.palette.labels:
            if label.hotkey is not None and label.hotkey.casefold() == key.casefold():
                self.choose(label.id)
                return True
        return False

    def note_used(self, label_id: int) -> None:
        """Remember that a label was painted."""
        label = self.palette.by_id(label_id)
        if label is not None and self.recent[:1] != (label,):
            others = (other for other in self.recent if other != label)
            self.recent = (label, *others)[:RECENT]
            self.recent_changed.emit(self.recent)

    def _have(self, primary: Label, secondary: Label) -> None:
        self.primary, self.secondary = primary, secondary
        self.chosen.emit(primary, secondary)

    def _take_up(self, palette: Palette) -> None:
        """Have another palette in hand: its background second, and something else first."""
        self.palette = palette
        background = palette.by_id(palette.background)
        assert background is not None, "a palette has its background"
        special = (palette.background, palette.unknown)
        useful = [label for label in palette.labels if label.id not in special]
        with_key = [label for label in useful if label.hotkey is not None]
        self.primary = next(iter(with_key or useful), background)
        self.secondary = background

    def _keep_in_hand(self, first_id: int | None, second_id: int | None) -> None:
        """Have these labels of the palette in hand, as far as there are such, and two of them."""
        first = self.palette.by_id(-1 if first_id is None else first_id) or self.primary
        second = self.palette.by_id(-1 if second_id is None else second_id) or self.secondary
        if first != second:
            self.primary, self.secondary = first, second

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if document is None or document.labels is None or why is Change.DRAG:
            return
        if document.labels.palette_id == self.palette.id:
            return
        palette = self.palettes.find(document.labels.palette_id)
        if palette is not None:
            # What was in hand stays in hand under its name there.
            partners = self.palette.mapping_to(palette)
            hand = [partners.get(label.id) for label in (self.primary, self.secondary)]
            self._take_up(palette)
            self._keep_in_hand(*hand)
            self.recent = ()
            self.palette_changed.emit(palette)
            self.chosen.emit(self.primary, self.secondary)
            self.recent_changed.emit(self.recent)
