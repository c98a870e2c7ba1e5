import pytest
import torch

from models.api import DeviceInfo
from models.engine import device
from models.engine.device import (
    choose_device,
    choose_precision,
    device_words,
    faster_precision,
    list_devices,
    measured_precision,
    time_convolution,
)
from models.engine.engine import Engine
from models.errors import RequestError

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _unmeasured():
    """Nothing measured before a test, and nothing of its false clocks after it."""
    measured_precision.cache_clear()
    yield
    measured_precision.cache_clear()


@pytest.fixture
def without_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(device, "device_words", lambda dev: f"device {dev}")


def test_auto_takes_the_cpu_where_there_is_nothing_else(without_gpu):
    assert choose_device("auto") == choose_device("cpu") == CPU


def test_auto_takes_a_gpu_where_there_is_one(two_gpus):
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda", 0)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    assert choose_device("cpu") == CPU


def test_the_devices_of_a_machine_without_gpu(without_gpu):
    (cpu,) = list_devices()
    assert (cpu.name, cpu.words) == ("cpu", device_words(CPU))
    assert 2**28 < cpu.memory_bytes < 2**46


def test_the_devices_of_a_machine_with_two_gpus(two_gpus, monkeypatch):
    monkeypatch.setattr(device, "total_bytes", lambda dev: 5 if dev.type == "cpu" else 7)
    assert list_devices() == (
        DeviceInfo("cpu", "device cpu", 5),
        DeviceInfo("cuda:0", "device cuda:0", 7),
        DeviceInfo("cuda:1", "device cuda:1", 7),
    )


@pytest.mark.parametrize("wanted", ["cuda", "cuda:0", "tpu"])
def test_a_device_that_is_not_there_is_refused_with_what_is(without_gpu, wanted):
    with pytest.raises(RequestError, match=rf"'{wanted}'.*there is: CPU with \d+ thread"):
        choose_device(wanted)


def test_a_third_gpu_is_refused_with_the_two(two_gpus):
    with pytest.raises(RequestError, match="device cpu, device cuda:0, device cuda:1"):
        choose_device("cuda:2")


def test_the_cpu_in_words(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert device_words(CPU) == "CPU with 8 threads"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert device_words(CPU) == "CPU with 1 thread"


@pytest.mark.parametrize(
    ("bfloat16_s", "float32_s", "chosen"),
    [(0.5, 1.0, torch.bfloat16), (0.95, 1.0, torch.float32), (30.0, 1.0, torch.float32)],
)
def test_the_clock_decides_on_the_precision(bfloat16_s, float32_s, chosen):
    seconds = {torch.bfloat16: bfloat16_s, torch.float32: float32_s}
    assert faster_precision(seconds.__getitem__) == chosen


def test_a_device_that_refuses_bfloat16_computes_in_float32():
    def refuse(dtype):
        raise RuntimeError("not implemented for 'BFloat16'")

    assert faster_precision(refuse) == torch.float32


def test_a_precision_that_is_asked_for_is_not_measured(monkeypatch):
    monkeypatch.delattr(device, "time_convolution")
    assert choose_precision("bfloat16", CPU) == torch.bfloat16
    assert choose_precision("float32", CPU) == torch.float32


def test_automatic_precision_is_measured_on_the_device(monkeypatch):
    asked = []

    def measure(where, dtype):
        asked.append((where, dtype))
        return 1.0

    monkeypatch.setattr(device, "time_convolution", measure)
    assert choose_precision("auto", CPU) == torch.float32
    assert asked == [(CPU, torch.bfloat16), (CPU, torch.float32)] * device.ROUNDS


def test_a_device_is_measured_once_a_process(monkeypatch):
    """A clock that changes its mind does not change the results of the next engine."""
    clock = {torch.bfloat16: 0.1, torch.float32: 1.0}
    monkeypatch.setattr(device, "time_convolution", lambda where, dtype: clock[dtype])
    assert choose_precision("auto", CPU) == torch.bfloat16
    clock[torch.bfloat16] = 10.0
    assert choose_precision("auto", CPU) == torch.bfloat16
    assert choose_precision("auto", torch.device("cuda", 1)) == torch.float32
    assert choose_precision("float32", CPU) == torch.float32


def test_the_best_time_counts():
    times = {torch.bfloat16: [9.0, 9.0, 0.5, 9.0, 9.0], torch.float32: [1.0] * 5}
    assert faster_precision(lambda dtype: times[dtype].pop()) == torch.bfloat16


def test_a_convolution_takes_time():
    assert 0.0 < time_convolution(CPU, torch.float32) < 5.0


def test_an_unknown_precision_is_refused_at_once():
    with pytest.raises(RequestError, match=r"'fp8'.*auto, float32, bfloat16"):
        Engine("cpu", precision="fp8")


@pytest.mark.gpu
def test_a_gpu_has_a_name_and_a_precision():
    gpu = choose_device("cuda")
    assert "GiB" in device_words(gpu)
    assert list_devices()[1].memory_bytes > 2**30
    assert choose_precision("auto", gpu) in (torch.float32, torch.bfloat16)
