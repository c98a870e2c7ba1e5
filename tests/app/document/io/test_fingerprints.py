"""Files are told apart by size and time."""

import os

import pytest

from app.document.io.fingerprints import fingerprint, known_fingerprint


def test_a_file_is_known_by_its_size_and_its_time(tmp_path):
    path = tmp_path / "a"
    assert fingerprint(path) is None
    path.write_bytes(b"123")
    os.utime(path, ns=(7, 1_600_000_000_123_456_700))
    assert fingerprint(path) == (3, 1_600_000_000_123_456_700)
    assert fingerprint(path / "b") is None
    assert fingerprint(tmp_path) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [([3, 7], (3, 7)), (None, None), ([3], None), ([3, "7"], None), ("37", None), ([3, 7.5], None)],
)
def test_only_two_whole_numbers_in_json_are_one(value, expected):
    assert known_fingerprint(value) == expected
