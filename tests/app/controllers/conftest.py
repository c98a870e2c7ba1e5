"""An open document, and lists of what controllers say."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.controllers.regions import Regions
from app.controllers.retouching import Retouching
from app.controllers.session import Session
from app.controllers.sources import Sources
from app.document.document import Document, Photo, with_edit, with_reference
from app.settings import FOLDER_VARIABLE
from models.catalog import USER_FOLDER_VARIABLE
from models.edits import SwapTexture
from tests.app.controllers.retouch_kit import WORKING_PX
from tests.app.fakes import picture


@dataclass
class Heard:
    """What a signal has said, in order."""

    values: list[Any] = field(default_factory=list)

    def __call__(self, *values: Any) -> None:
        self.values.append(values[0] if len(values) == 1 else values)

    @property
    def last(self) -> Any:
        return self.values[-1]


@pytest.fixture
def heard():
    """A function that listens to a signal."""

    def listen(signal) -> Heard:
        ear = Heard()
        signal.connect(ear)
        return ear

    return listen


@pytest.fixture(autouse=True)
def own_folders(monkeypatch, tmp_path):
    """Nothing of the person who runs the tests is read or written."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "config"))
    monkeypatch.setenv("SCUMBLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path / "models"))


@pytest.fixture
def photo() -> Photo:
    return Photo(picture(96, 64), "meadow.png")


@pytest.fixture
def reference() -> Photo:
    return Photo(picture(40, 40, (220, 180, 90), seed=1), "sunset.png")


@pytest.fixture
def session(qapp, photo) -> Session:
    """A session with an untouched document."""
    session = Session()
    session.open(Document(base=photo))
    return session


@pytest.fixture
def swapped(session, reference) -> Session:
    """The session after one swap of texture."""
    edit = SwapTexture(model="toy", reference=reference.picture.sha256)
    session.push("Swap texture", with_edit(with_reference(session.document, reference), edit))
    return session


@pytest.fixture
def sources(queue, session) -> Sources:
    return Sources(queue, session)


@pytest.fixture
def retouching(queue, session, sources) -> Retouching:
    """The retouching tools with a hard brush 20 px wide."""

    def model() -> str:
        return "toy"

    regions = Regions(queue, session, model, lambda: WORKING_PX)
    made = Retouching(session, model, sources, regions)
    made.change(size_px=20.0, pressure=False, smoothing=0.0, softness=0.0)
    return made
