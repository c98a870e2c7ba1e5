import sys
import types

import numpy as np
import pytest
import torch

from models.engine import memory
from models.engine.memory import ByteCache, free_bytes, tensor_bytes, total_bytes
from models.ops.memory import is_out_of_memory


def block(count_bytes):
    return torch.zeros(count_bytes, dtype=torch.uint8)


def test_the_least_recently_used_value_goes_first():
    cache = ByteCache(30)
    for name in "abc":
        cache.put(name, block(10))
    cache.get("a")
    cache.put("d", block(10))
    assert [name for name in "abcd" if name in cache] == ["a", "c", "d"]
    assert cache.used_bytes == 30


def test_one_large_value_drives_out_several_small_ones():
    cache = ByteCache(30)
    for name in "abc":
        cache.put(name, block(10))
    cache.put("large", block(25))
    assert len(cache) == 1
    assert cache.get("large") is not None
    assert cache.used_bytes == 25


def test_a_value_beyond_the_budget_is_not_kept():
    cache = ByteCache(30)
    cache.put("a", block(10))
    cache.put("b", block(31))
    assert cache.get("b") is None
    # The networks of the render at hand may be among the others.
    assert cache.get("a") is not None
    assert cache.used_bytes == 10
    cache.put("a", block(31))
    assert cache.get("a") is None
    assert cache.used_bytes == 0


def test_a_value_put_twice_is_counted_once():
    cache = ByteCache(30)
    cache.put("a", block(20))
    cache.put("a", block(25))
    assert cache.used_bytes == 25
    assert cache.get("a").nbytes == 25


def test_clearing_forgets_everything():
    cache = ByteCache(30)
    cache.put("a", block(20))
    cache.clear()
    assert cache.get("a") is None
    assert cache.used_bytes == 0


def test_bytes_of_tensors_tuples_and_networks():
    assert tensor_bytes(torch.zeros(3, 4)) == 48
    assert tensor_bytes((torch.zeros(2), (torch.zeros(1, dtype=torch.float16),))) == 10
    assert tensor_bytes(torch.nn.Linear(3, 2)) == 32


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: 9 bytes"),
    ],
)
def test_out_of_memory_is_recognised(error):
    assert is_out_of_memory(error)


@pytest.mark.parametrize("error", [RuntimeError("size mismatch"), ValueError("out of memory")])
def test_other_errors_are_not_out_of_memory(error):
    assert not is_out_of_memory(error)


def test_what_really_comes_from_torch_and_numpy_is_recognised():
    for allocate in (lambda: torch.empty(2**60), lambda: np.empty(2**57)):
        with pytest.raises((RuntimeError, MemoryError)) as caught:
            allocate()
        assert is_out_of_memory(caught.value)


def test_free_memory_is_a_plausible_number():
    assert 2**26 < free_bytes(torch.device("cpu")) < 2**46


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    assert memory.free_bytes_linux("MemAvailable:  100 kB\n") == 3000
    assert memory.free_bytes_linux("MemAvailable:  1 kB\n") == 1024
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.free_bytes_linux("MemFree: 7 kB\nMemAvailable:  100 kB\n") == 102400


def test_all_memory_is_the_machines_or_the_containers(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    machines = total_bytes(torch.device("cpu"))
    assert 2**28 < machines < 2**46
    (tmp_path / "memory.max").write_text("5000\n")
    assert total_bytes(torch.device("cpu")) == 5000
    (tmp_path / "memory.max").write_text("max\n")
    assert total_bytes(torch.device("cpu")) == machines


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sysconf")
def test_a_system_that_does_not_tell_is_asked_for_its_whole_memory(monkeypatch):
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 1000}
    monkeypatch.setattr(memory, "MEMINFO", types.SimpleNamespace(is_file=lambda: False))
    monkeypatch.setattr(memory.os, "sysconf", sizes.__getitem__)
    assert free_bytes(torch.device("cpu")) == 4096 * 500
