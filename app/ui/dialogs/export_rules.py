"""What the export dialog knows: formats, sizes, and what a choice loses. No widgets."""

from dataclasses import dataclass
from pathlib import Path

from app.settings import ExportSettings
from app.ui.dialogs.parts import Kind, pixels_words

WEBP_LONGEST_PX = 16_383
LONGEST_NAME_BYTES = 240
FORBIDDEN = '/\\:*?"<>|'


@dataclass(frozen=True)
class Format:
    """What a file format can hold.

    Attributes:
        words: what the list says.
        suffix: of its files, with the dot.
        other_suffixes: that mean the same format when typed.
        lossless: whether it has 8 or 16 bits instead of a quality.
        alpha: whether it keeps transparency.
    """

    words: str
    suffix: str
    other_suffixes: tuple[str, ...] = ()
    lossless: bool = False
    alpha: bool = True


FORMATS = {
    "png": Format("PNG, lossless", ".png", lossless=True),
    "jpeg": Format("JPEG, small", ".jpg", (".jpeg",), alpha=False),
    "tiff": Format("TIFF, lossless", ".tif", (".tiff",), lossless=True),
    "webp": Format("WebP, smallest", ".webp"),
}


@dataclass(frozen=True)
class ExportFacts:
    """What the dialog has to know of the document.

    Attributes:
        name: suggested name of the file; its extension is that of the format.
        folder: where it goes unless another is chosen.
        original_px: (width, height) of the photo.
        working_short_side_px: at which edits are carried out on the screen.
        has_edits: whether there are any.
        keeps_photo: whether anything of the photo's own pixels is left in the picture.
        outside: pixels outside of every mask, and how many of them changed; None where the edits
            reach everywhere, or where nobody has counted yet.
        bits: of the photo, 8 or 16.
        has_profile: the colour profile's name; empty when the photo has none.
        has_exif: whether the photo has descriptions to keep.
        has_place: whether they say where it was taken.
        has_alpha: whether it has transparency.
        model_notice: a sentence on the licence of what the picture is made with, or empty.
    """

    name: str
    folder: Path
    original_px: tuple[int, int]
    working_short_side_px: int
    has_edits: bool = False
    keeps_photo: bool = True
    outside: tuple[int, int] | None = None
    bits: int = 8
    has_profile: str = ""
    has_exif: bool = False
    has_place: bool = False
    has_alpha: bool = False
    model_notice: str = ""


def scaled_px(size_px: tuple[int, int], short_side_px: int) -> tuple[int, int]:
    """(width, height) of the same shape whose shorter side is `short_side_px`."""
    scale = short_side_px / min(size_px)
    return max(1, round(size_px[0] * scale)), max(1, round(size_px[1] * scale))


def result_px(settings: ExportSettings, facts: ExportFacts) -> tuple[int, int]:
    """(width, height) of the file that these settings make; never larger than the photo."""
    if settings.size == "original":
        return facts.original_px
    custom = settings.size == "custom"
    side_px = settings.short_side_px if custom else facts.working_short_side_px
    return scaled_px(facts.original_px, min(side_px, *facts.original_px))


def warnings(settings: ExportSettings, facts: ExportFacts) -> list[tuple[Kind, str]]:
    """What these settings lose or cannot do, one sentence each; "error" is what prevents a file."""
    width_px, height_px = result_px(settings, facts)
    shape = FORMATS[settings.format]
    said: list[tuple[Kind, str]] = []
    if settings.format == "webp" and max(width_px, height_px) > WEBP_LONGEST_PX:
        said.append(("error", f"WebP takes up to {WEBP_LONGEST_PX:,} px on a side."))
    if facts.has_edits:
        said += edit_words(settings, facts)
    if settings.size == "working" and (width_px, height_px) != facts.original_px:
        said.append(("info", f"Smaller than the photo: {pixels_words(*facts.original_px)}."))
    if facts.has_alpha and not shape.alpha:
        said.append(("warning", "JPEG has no transparency: hidden colours will show."))
    if facts.bits == 16 and not (shape.lossless and settings.bits == 16):
        said.append(("info", "The photo has 16 bits per channel; the file will have 8."))
    if facts.has_place and settings.keep_exif and not settings.strip_place:
        said.append(("info", "The EXIF data say where the photo was taken."))
    said.append(("info", facts.model_notice))
    return [(kind, text) for kind, text in said if text]


def edit_words(settings: ExportSettings, facts: ExportFacts) -> list[tuple[Kind, str]]:
    """How the edits come into the file, and what they leave alone."""
    side_px = facts.working_short_side_px
    said: list[tuple[Kind, str]] = []
    if min(result_px(settings, facts)) > side_px:
        if settings.anew:
            said.append(
                ("warning", f"Edits carried out anew look finer than on the screen ({side_px} px).")
            )
        elif facts.keeps_photo:
            words = f"Edits as on the screen ({side_px} px); the photo keeps its own detail."
            said.append(("info", words))
        else:
            words = f"Made as on the screen ({side_px} px) and stretched: it will be soft."
            said.append(("warning", words))
    if facts.outside is not None and result_px(settings, facts) == facts.original_px:
        outside_px, changed_px = facts.outside
        kind: Kind = "warning" if changed_px else "info"
        said.append(
            (kind, f"{changed_px:,} of the {outside_px:,} pixels outside of the masks change.")
        )
    return said


def format_of_suffix(suffix: str) -> str | None:
    """The format that a typed extension (".JPG") stands for, or None."""
    for name, shape in FORMATS.items():
        if suffix.lower() in (shape.suffix, *shape.other_suffixes):
            return name
    return None


def stem_of(name: str) -> str:
    """A file's name without an extension that stands for a format."""
    suffix = Path(name).suffix
    return name.removesuffix(suffix) if format_of_suffix(suffix) else name


def name_problem(name: str) -> str:
    """What is wrong with a file's name, in a sentence; empty when nothing is."""
    if not name:
        return "The file needs a name."
    if used := [sign for sign in FORBIDDEN if sign in name]:
        return f"A file name cannot have {used[0]} in it."
    if name.strip(".") == "" or not name.isprintable():
        return "A file cannot have this name."
    return "This name is too long." if len(name.encode()) > LONGEST_NAME_BYTES else ""
