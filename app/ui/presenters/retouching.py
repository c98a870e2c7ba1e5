"""The retouching tools: canvas, strip, options and panel of the Edit workspace."""

from functools import partial

from PySide6.QtCore import QObject

from app.controllers.preferences import Preferences
from app.controllers.preparing import Preparing
from app.controllers.regions import RegionFacts
from app.controllers.retouch_settings import RegionMode, RetouchKind, RetouchSettings
from app.controllers.retouching import Retouching
from app.controllers.session import Change, Session
from app.document.document import Document, Photo
from app.errors import UserError
from app.tools.stroke import Point, StrokeSample
from app.ui.actions import RETOUCH_TOOLS
from app.ui.canvas.pen import CanvasTool
from app.ui.files import ask_reference
from app.ui.main_window import MainWindow
from app.ui.presenters.notices import Teller, words_of
from app.ui.presenters.picture import PicturePresenter

WITH_CANVAS = (
    *(f"retouch.{name}" for name in RETOUCH_TOOLS), "retouch.smaller", "retouch.larger",
    "retouch.mask",
)  # fmt: skip
"""Actions that need a picture."""
# Alt does the same where the desktop leaves it to programs: for short, Ctrl alone is told.
HINTS = {
    RetouchKind.HAND: "Drag to move the picture",
    RetouchKind.ERASE: "Brush back to how it was before the edit",
}
REGION_HINTS = {
    RegionMode.PICK: "Click to pick; drag adds, Ctrl-drag takes away",
    RegionMode.ADD: "Drag adds to the region",
    RegionMode.REMOVE: "Drag takes away from the region",
}
CLONE_HINTS = {
    False: "Ctrl-click the place to copy from",
    True: "Paint to copy; Ctrl-click another source",
}
TEXTURE_HINTS = {
    False: "Choose a reference, or Ctrl-click a place",
    True: "Paint; Ctrl-click takes another texture",
}
WORDS = {
    RetouchKind.CLONE: "Clone brush",
    RetouchKind.TEXTURE: "Texture brush",
    RetouchKind.REGION: "Region tool",
    RetouchKind.ERASE: "Eraser",
}
KEY = "retouching"
"""Of what the tools say: what they said before goes."""


class RetouchPresenter(QObject):
    """Connects the retouching tools with the window."""

    def __init__(
        self,
        window: MainWindow,
        session: Session,
        retouching: Retouching,
        preferences: Preferences,
        picture: PicturePresenter,
        preparing: Preparing,
        tell: Teller,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._retouching = retouching
        self._preferences = preferences
        self._preparing = preparing
        self._tell = tell
        self._active = False
        self._hovered: Point | None = None
        # The reference that is shown for a place to be clicked in it.
        self._offered: str | None = None
        self._connect_actions()
        self._connect_canvas()
        self._connect_panel()
        self._connect_region(picture)
        picture.stopped.connect(retouching.cancel)
        session.changed.connect(self._document_changed)
        retouching.tool_changed.connect(self._tool_changed)
        retouching.settings_changed.connect(self._settings_changed)
        retouching.masks_changed.connect(self._show_mask)
        retouching.refused.connect(self._refused)
        retouching.sources.source_changed.connect(self._source_changed)
        retouching.sources.texture_changed.connect(self._show_source)
        retouching.sources.added.connect(self._use_reference)
        self._settings_changed(retouching.settings)
        self._tool_changed(retouching.tool)
        self._show_region(retouching.regions.facts)

    def set_active(self, on: bool) -> None:
        """Have the hand retouch, or leave the canvas to other work."""
        if self._active and not on:
            self._retouching.cancel()
        self._active = on
        self._enable()
        if not on:
            self._window.canvas.set_tool(None)
        self._show_tool()
        self._show_source()
        self._show_mask()

    # Connections

    def _connect_actions(self) -> None:
        actions, retouching = self._window.actions_, self._retouching
        for name in RETOUCH_TOOLS:
            actions.on(f"retouch.{name}", partial(self._choose, RetouchKind(name)))
        actions.on("retouch.smaller", partial(retouching.step_size, -1))
        actions.on("retouch.larger", partial(retouching.step_size, 1))
        actions.on("retouch.mask", self._show_mask)
        actions.on("retouch.copy_move", retouching.regions.copy_move)
        actions.on("retouch.paste_move", retouching.regions.paste_move)
        self._window.retouch_options.changed.connect(
            lambda name, value: retouching.change(**{name: value})
        )
        self._window.retouch_options.done.connect(self._window.canvas.setFocus)
        self._window.edits.selected.connect(retouching.select)

    def _connect_canvas(self) -> None:
        canvas = self._window.canvas
        canvas.pressed.connect(self._pressed)
        canvas.dragged.connect(lambda sample, _shift: self._retouching.drag(sample))
        canvas.released.connect(self._retouching.release)
        canvas.stroke_cancelled.connect(self._retouching.cancel)
        canvas.sourced.connect(self._retouching.source_here)
        canvas.size_dragged.connect(self._size_dragged)
        canvas.zoom_changed.connect(lambda percent: self._retouching.set_zoom(percent / 100))
        canvas.pixel_hovered.connect(self._hover)

    def _connect_panel(self) -> None:
        panel, sources = self._window.retouch, self._retouching.sources
        panel.reference_chosen.connect(self._use_reference)
        panel.place_picked.connect(self._place_picked)
        panel.whole_wanted.connect(self._use_whole)
        panel.browse_requested.connect(self._browse)
        panel.files_dropped.connect(lambda paths: [sources.add_file(path) for path in paths])
        panel.image_dropped.connect(sources.add_image)

    def _connect_region(self, picture: PicturePresenter) -> None:
        part, regions = self._window.retouch.region, self._retouching.regions
        part.threshold_dragged.connect(regions.drag_threshold)
        part.threshold_committed.connect(regions.commit_threshold)
        part.contiguous_switched.connect(regions.set_contiguous)
        part.moved.connect(regions.drag_amount)
        part.move_committed.connect(regions.commit_amount)
        part.copy_wanted.connect(regions.copy_move)
        part.paste_wanted.connect(regions.paste_move)
        part.reset_wanted.connect(regions.reset_move)
        regions.changed.connect(self._show_region)
        # Where it is is to be seen while that changes.
        regions.reshaped.connect(partial(self._switch_mask, True))
        # What is moved is to be seen, not the mask over it.
        regions.moved.connect(partial(self._switch_mask, False))
        regions.finder.working.connect(partial(picture.work, KEY))

    # The hand

    def _choose(self, tool: RetouchKind) -> None:
        self._retouching.choose_tool(tool)
        if tool is not RetouchKind.HAND:
            self._window.docks["retouch"].raise_()

    def _pressed(self, sample: StrokeSample, shift: bool, eraser: bool) -> None:
        if self._active:
            self._window.notices.dismiss(KEY)
            self._retouching.press(sample, shift=shift, eraser=eraser)

    def _size_dragged(self, diameter_px: float) -> None:
        if self._active:
            self._retouching.set_size(diameter_px)

    def _refused(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self._tell.warning(*words_of(error), key=KEY)
        else:
            self._tell.error(error, key=KEY)

    # Tools

    def _tool_changed(self, tool: RetouchKind) -> None:
        for name in RETOUCH_TOOLS:
            self._window.actions_[f"retouch.{name}"].setChecked(name == tool.value)
        self._window.retouch_options.set_tool(tool.value)
        self._window.retouch.set_tool(tool.value)
        self._show_tool()
        self._show_source()

    def _settings_changed(self, settings: RetouchSettings) -> None:
        self._window.retouch_options.set_values(settings)
        self._show_tool()
        self._show_hint()

    def _show_tool(self) -> None:
        """The footprint at the pointer; none for the hand and without a picture."""
        if not self._active:
            return
        tool, settings = self._retouching.tool, self._retouching.settings
        if tool is RetouchKind.HAND or self._session.document is None:
            self._window.canvas.set_tool(None)
            return
        self._preparing.prepare()
        region = tool is RetouchKind.REGION
        with_source = tool in (RetouchKind.CLONE, RetouchKind.TEXTURE)
        self._window.canvas.set_tool(
            CanvasTool(
                "round",
                settings.size_px,
                WORDS[tool],
                shift_resizes=not region,
                softness=settings.softness,
                alt="erase" if region else "source" if with_source else "",
            )
        )

    # Sources

    def _source_changed(self) -> None:
        if self._retouching.sources.source is not None:
            self._offered = None
        self._show_source()

    def _show_source(self) -> None:
        """Where the tool in hand takes from: the mark on the canvas, the panel, the hint."""
        tool = self._retouching.tool
        self._mark_canvas()
        if tool is RetouchKind.CLONE:
            self._show_clone_source()
        elif tool is RetouchKind.TEXTURE:
            self._show_texture()
        self._show_hint()

    def _mark_canvas(self) -> None:
        canvas, tool, sources = self._window.canvas, self._retouching.tool, self._retouching.sources
        source, spot_px = sources.source, sources.spot_px
        if self._active and tool is RetouchKind.CLONE and source and source.picture is None:
            canvas.set_source(sources.source_at)
        elif self._active and tool is RetouchKind.TEXTURE and spot_px is not None:
            x_px, y_px, radius_px = spot_px
            canvas.set_source(lambda _place: (x_px, y_px), radius_px)
        else:
            canvas.set_source(None)

    def _show_hint(self) -> None:
        tool, sources, offer = self._retouching.tool, self._retouching.sources, self._offer
        hint = HINTS.get(tool, "")
        if tool is RetouchKind.REGION:
            hint = REGION_HINTS[self._retouching.settings.mode]
        elif tool is RetouchKind.TEXTURE:
            hint = TEXTURE_HINTS[sources.texture is not None]
        elif tool is RetouchKind.CLONE and offer is not None:
            hint = f"In the panel, click a place of {offer.name}"
        elif tool is RetouchKind.CLONE:
            hint = CLONE_HINTS[sources.source is not None]
        self._window.retouch_options.set_hint(hint)

    def _show_clone_source(self) -> None:
        source, offer = self._retouching.sources.source, self._offer
        chosen, words = None, "nothing yet"
        if offer is not None:
            chosen, words = self._offered, f"click a place of {offer.name}"
        elif source is not None:
            chosen, words = source.picture, self._name_of(source.picture)
        self._window.retouch.set_source(chosen, f"From: {words}")
        self._mark_clone()

    def _mark_clone(self) -> None:
        place = self._retouching.sources.source_shares(self._hovered)
        self._window.retouch.set_mark(None if self._offer is not None else place)

    @property
    def _offer(self) -> Photo | None:
        document = self._session.document
        return document.reference(self._offered) if document and self._offered else None

    def _show_texture(self) -> None:
        panel, texture = self._window.retouch, self._retouching.sources.texture
        if texture is None:
            panel.set_source(None, "Texture: none yet")
            return
        name = self._name_of(texture.reference)
        words = f"Texture: {'all' if texture.spot is None else 'a place'} of {name}"
        panel.set_source(texture.reference, words, spot=texture.spot is not None)
        if texture.spot is None:
            panel.set_mark(None)
        else:
            panel.set_mark(texture.spot[:2], texture.spot[2])

    def _name_of(self, sha256: str | None) -> str:
        document = self._session.document
        photo = document.reference(sha256) if document is not None and sha256 else None
        return photo.name if photo is not None else "this picture"

    def _use_reference(self, sha256: str) -> None:
        if self._retouching.tool is RetouchKind.TEXTURE:
            self._retouching.sources.use_texture(sha256)
            return
        self._offered = sha256
        self._show_source()

    def _place_picked(self, x: float, y: float) -> None:
        self._retouching.source_in(self._window.retouch.reference, x, y)

    def _use_whole(self) -> None:
        texture = self._retouching.sources.texture
        if texture is not None and texture.reference is not None:
            self._retouching.sources.use_texture(texture.reference)

    def _browse(self) -> None:
        ask_reference(self._window, self._preferences, self._retouching.sources.add_file)

    def _hover(self, place: tuple[int, int] | None) -> None:
        self._hovered = None if place is None else (place[0] + 0.5, place[1] + 0.5)
        if self._active and self._retouching.tool is RetouchKind.CLONE:
            self._mark_clone()

    # What is shown

    def _switch_mask(self, on: bool) -> None:
        self._window.actions_["retouch.mask"].setChecked(on)
        self._show_mask()

    def _show_mask(self) -> None:
        on = self._active and self._window.actions_["retouch.mask"].isChecked()
        self._window.canvas.set_mask(self._retouching.shown_masks if on else ())

    def _show_region(self, facts: RegionFacts) -> None:
        self._window.retouch.region.show_region(facts)
        actions = self._window.actions_
        actions.enable(bool(facts.amounts), "retouch.copy_move")
        actions.enable(facts.copied, "retouch.paste_move")

    def _document_changed(self, document: Document | None, why: Change) -> None:
        if why is Change.OPEN:
            self._offered = None
            self._window.retouch.set_document_open(document is not None)
            self._enable()
            self._show_tool()
            self._show_source()

    def _enable(self) -> None:
        document = self._session.document
        self._window.actions_.enable(self._active and document is not None, *WITH_CANVAS)
