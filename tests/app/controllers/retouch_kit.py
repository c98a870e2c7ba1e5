"""The hand of the retouching tools, and what it leaves behind."""

import numpy as np

from app.controllers.retouching import Retouching
from app.controllers.session import Session
from app.document.document import Document
from app.document.masks import levels_of
from app.tools.stroke import StrokeSample

WORKING_PX = 64


def stroke(retouching: Retouching, *places, **held) -> None:
    first, *rest = (StrokeSample(*place) for place in places)
    retouching.press(first, **held)
    for sample in rest:
        retouching.drag(sample)
    retouching.release((rest or [first])[-1])


def levels(document: Document, sha256: str) -> np.ndarray:
    mask = document.mask(sha256)
    assert mask is not None
    return levels_of(mask).to_array()


def steps(session: Session) -> list[str]:
    assert session.history is not None
    return [state.label for state in session.history.states]
