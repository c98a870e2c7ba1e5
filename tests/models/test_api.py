import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from models.api import CancelToken, DeviceInfo, DeviceReport, RenderRequest, RenderResult
from models.edits import SwapTexture
from models.errors import Cancelled, ModelsError, RequestError
from models.values import Mask, Picture


def pixels(seed: int = 0, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (4, 6, 3)).astype(dtype)


def picture(seed: int = 0) -> Picture:
    return Picture.from_rgb(pixels(seed))


def request(**changes: object) -> RenderRequest:
    mask = Mask.from_grey(np.full((2, 3), 9, np.uint8))
    edit = SwapTexture(model="m", reference=picture(1).sha256, mask=mask.sha256)
    values = {
        "base": picture(),
        "edits": (edit,),
        "pictures": (picture(1),),
        "masks": (mask,),
    }
    return RenderRequest(**{**values, **changes})


def test_equal_requests_are_equal():
    assert request() == request()
    assert request() != request(bits=16)
    assert request() != request(base=picture(3))


def test_requests_and_results_pickle():
    assert pickle.loads(pickle.dumps(request())) == request()
    result = RenderResult(rgb_hwc=pixels(), seconds=0.1, device="cpu", notes=("smaller",))
    back = pickle.loads(pickle.dumps(result))
    assert np.array_equal(back.rgb_hwc, result.rgb_hwc)
    assert back.notes == ("smaller",)


def test_devices_and_reports_pickle():
    device = DeviceInfo("cuda:0", "NVIDIA H200 with 139 GiB", 139 * 2**30)
    report = DeviceReport(device, "bfloat16", 0.25, "Works.")
    assert pickle.loads(pickle.dumps(report)) == report


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"short_side_px": 0}, "cannot be 0 px wide"),
        ({"bits": 12}, "8 or 16 bits a channel, not 12"),
        ({"pictures": (picture(2),)}, "The reference [0-9a-f]{12} of an edit is missing"),
        ({"masks": ()}, "The mask [0-9a-f]{12} of an edit is missing"),
    ],
)
def test_bad_requests(changes, words):
    with pytest.raises(RequestError, match=words):
        request(**changes)


def test_an_edit_without_mask_needs_none():
    edit = SwapTexture(model="m", reference=picture(1).sha256)
    assert request(edits=(edit,), masks=()).edits == (edit,)


def test_a_token_is_seen_by_another_thread():
    token = CancelToken()
    token.raise_if_cancelled()
    thread = threading.Thread(target=token.cancel)
    thread.start()
    thread.join()
    with pytest.raises(Cancelled):
        token.raise_if_cancelled()


def test_cancelling_is_no_failure():
    assert not issubclass(Cancelled, ModelsError)


def test_plain_data_stays_without_torch():
    code = (
        "import sys; import models.api, models.edits, models.errors, models.configs, "
        "models.header, models.catalog; models.catalog.list_models(); "
        "sys.exit('torch' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
