"""Trying a device: one fixed job, done there, with the time it took."""

from collections.abc import Callable

import numpy as np

from models.api import CancelToken, DeviceReport, Progress, RenderRequest
from models.catalog import default_model
from models.edits import SwapTexture
from models.engine.device import choose_device, device_info
from models.engine.engine import Engine
from models.errors import ModelsError
from models.values import Picture

FAMILY = "swapping_autoencoder"
SIDE_PX = 512


def try_device(
    name: str,
    token: CancelToken | None = None,
    progress: Progress | None = None,
    make_engine: Callable[[str], Engine] = Engine,
) -> DeviceReport:
    """Swap a texture on the device of this name: once to warm up, once by the clock.

    The pictures are noise; the model is the default one. Nothing stays in the device's memory.

    Raises:
        Cancelled: the token was set.
        ModelsError: there is no such device, no model, or the device does not do its work; one
            sentence.
    """
    token = token or CancelToken()
    progress = progress or (lambda words, share: None)
    device = choose_device(name)
    info = device_info(device)
    model = default_model(FAMILY).id
    engine = make_engine(name)
    try:
        progress("loading model", 0.0)
        notes = engine.render(job(model, seed=0), token).notes
        progress("testing", 0.5)
        result = engine.render(job(model, seed=1), token)
    except RuntimeError as error:
        # Drivers fail in as many words as there are drivers: the first line is for people.
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ModelsError(f"{info.words} cannot be used: {reason}.") from error
    finally:
        engine.forget()
    if notes := notes + result.notes:
        raise ModelsError(f"{info.words} cannot do the test. {notes[0]}")
    precision = str(engine.precision).removeprefix("torch.")
    progress("done", 1.0)
    return DeviceReport(
        device=info,
        precision=precision,
        seconds=result.seconds,
        words=f"Works: {result.seconds:.2f} s for a {SIDE_PX} px picture in {precision}.",
    )


def job(model: str, seed: int) -> RenderRequest:
    """Two pictures of 512 x 512 px noise, of which nothing is cached for another seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (2, SIDE_PX, SIDE_PX, 3), dtype=np.uint8)
    base, reference = (Picture.from_rgb(rgb_hwc) for rgb_hwc in pixels)
    edit = SwapTexture(model=model, reference=reference.sha256, seed=0)
    return RenderRequest(base=base, edits=(edit,), pictures=(reference,))
