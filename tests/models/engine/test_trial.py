import pytest
import torch

from models.api import CancelToken
from models.engine import trial
from models.engine.engine import Engine
from models.engine.trial import try_device
from models.errors import Cancelled, CheckpointMissing, ModelsError, RequestError
from tests.models.engine.fakes import FakeNetwork, make_spec


@pytest.fixture(autouse=True)
def _a_default_model(monkeypatch):
    monkeypatch.setattr(trial, "default_model", lambda family: make_spec("fake"))


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


def run(network, token=None, progress=None, **settings):
    def make_engine(name: str) -> Engine:
        return Engine(
            name,
            precision="bfloat16",
            find=make_spec,
            load_network=lambda spec: network,
            **settings,
        )

    return try_device("cpu", token, progress, make_engine)


def test_a_device_that_works(network):
    told = []
    report = run(network, progress=lambda words, share: told.append(words))
    assert report.device.name == "cpu"
    assert report.precision == "bfloat16"
    assert report.words == f"Works: {report.seconds:.2f} s for a 512 px picture in bfloat16."
    assert network.calls.count(("decode", (1, 3, 128, 128))) == 2
    assert network.names() == ["encode", "encode", "decode"] * 2
    assert told == ["loading model", "testing", "done"]


def test_a_driver_that_refuses_is_a_sentence(network):
    network.errors = [None, RuntimeError("CUDA error: invalid device.\nCompile with ...")]
    with pytest.raises(ModelsError) as caught:
        run(network)
    assert str(caught.value).startswith("CPU with ")
    assert str(caught.value).endswith(" cannot be used: CUDA error: invalid device.")


def test_a_device_without_memory_for_the_test(network):
    # At once and in tiles, each twice.
    network.errors = [MemoryError()] * 4
    with pytest.raises(ModelsError, match=r"cannot do the test\. The memory was not enough"):
        run(network)


def test_numbers_that_are_none_fail_the_test(network):
    network.decode = lambda *_: torch.full((1, 3, 512, 512), torch.nan)
    with pytest.raises(ModelsError, match="not numbers"):
        run(network)


def test_the_test_can_be_called_off(network):
    token = CancelToken()
    with pytest.raises(Cancelled):
        run(network, token, lambda words, share: token.cancel())
    assert network.calls == []


def test_a_device_that_is_not_there_is_a_sentence():
    with pytest.raises(RequestError, match="There is no device 'tpu'"):
        try_device("tpu")


def test_without_a_model_nothing_can_be_tested(monkeypatch):
    def none(family):
        raise CheckpointMissing("No model is installed.")

    monkeypatch.setattr(trial, "default_model", none)
    with pytest.raises(CheckpointMissing):
        try_device("cpu")


@pytest.mark.gpu
def test_a_gpu_that_works(monkeypatch):
    monkeypatch.undo()
    report = try_device("cuda:0")
    assert report.words.startswith("Works: ")
