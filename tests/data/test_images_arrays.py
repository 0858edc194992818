"""Images in arrays: the same checks and the same pixels for every container."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from likewise.data.images import read
from likewise.errors import InputError

DRAW = np.random.default_rng(3)
STACKS = {
    "grey": DRAW.integers(0, 256, (6, 5, 4), np.uint8),
    "colour": DRAW.integers(0, 256, (6, 5, 4, 3), np.uint8),
    "floats from 0 to 1": DRAW.random((6, 5, 4, 3)),
    "16 bits": DRAW.integers(0, 65536, (6, 5, 4, 1), np.uint16),
    "booleans": DRAW.random((6, 5, 4)) < 0.5,
}


@pytest.mark.parametrize("name", STACKS)
def test_an_array_is_the_same_images_in_npy_npz_and_memory(name: str, tmp_path: Path) -> None:
    stack = STACKS[name]
    channels = stack.shape[3] if stack.ndim == 4 else 1
    np.save(tmp_path / "a.npy", stack)
    np.savez(tmp_path / "a.npz", images=stack)
    np.savez_compressed(tmp_path / "packed.npz", images=stack)
    pixels = read(stack, channels=channels).pixels
    for file in ("a.npy", "a.npz", "packed.npz"):
        np.testing.assert_array_equal(read(tmp_path / file, channels=channels).pixels, pixels)
    if name == "floats from 0 to 1":
        np.testing.assert_array_equal(pixels, np.rint(stack * 255))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_refused_with_the_image(suffix: str, bad: float, tmp_path: Path) -> None:
    stack = DRAW.random((6, 5, 4, 3))
    stack[2, 1, 1, 0] = bad
    (np.save if suffix == ".npy" else np.savez)(tmp_path / f"a{suffix}", stack)
    for given in (tmp_path / f"a{suffix}", stack):
        with pytest.raises(InputError, match="image 2 holds NaN or infinity"):
            read(given, column=None)


def test_four_channels_are_refused_in_every_container(tmp_path: Path) -> None:
    stack = DRAW.integers(0, 256, (3, 5, 4, 4), np.uint8)
    np.savez(tmp_path / "a.npz", stack)
    for given in (stack, tmp_path / "a.npz"):
        with pytest.raises(InputError, match=r"\(3, 5, 4, 4\); wanted images as"):
            read(given)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("likewise.data.images.arrays.LARGEST_UNCHECKED", 1 << 16)
    np.savez_compressed(tmp_path / "a.npz", np.zeros((2_000, 20, 20), np.uint8))
    with pytest.raises(InputError, match=r"'arr_0' unpacks to [\d,]+ bytes from [\d,]+: save it as .npy"):
        read(tmp_path / "a.npz")


def test_a_damaged_npz_or_npy_is_named(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", DRAW.integers(0, 256, (9, 9, 9), np.uint8))
    whole = bytearray((tmp_path / "a.npz").read_bytes())
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        start = archive.infolist()[0].header_offset + 60
    for place in range(start, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        (tmp_path / "b.npz").write_bytes(damaged)
        try:
            read(tmp_path / "b.npz")
        except InputError as error:
            assert "b.npz" in str(error)  # noqa: PT017 (a change of a byte of no meaning is no error)
    np.save(tmp_path / "a.npy", DRAW.integers(0, 256, (9, 9, 9), np.uint8))
    data = (tmp_path / "a.npy").read_bytes()
    for length in range(0, 128, 5):
        (tmp_path / "b.npy").write_bytes(data[:length])
        with pytest.raises(InputError, match=r"b\.npy"):
            read(tmp_path / "b.npy")


def test_a_float_image_with_nan_is_skipped_by_name(tmp_path: Path) -> None:
    values = DRAW.random((8, 8)).astype(np.float32)
    Image.fromarray(values).save(tmp_path / "good.tiff")
    values[3, 3] = np.nan
    Image.fromarray(values).save(tmp_path / "nan.tiff")
    found = read(tmp_path)
    assert found.names == ["good.tiff"]
    assert found.skipped == [("nan.tiff", "it holds NaN or infinity")]


@pytest.mark.parametrize("missing", [None, float("nan"), ""])
def test_a_missing_label_is_empty(missing: object) -> None:
    labels = ["a", missing, "b", "a", "b", "a"]
    found = read(STACKS["grey"], channels=1, labels=labels)
    assert found.labels == ["a", "", "b", "a", "b", "a"]  # kept, and left out where classes are trained
