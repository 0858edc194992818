"""What must never go wrong with images: damaged, hostile, deep, transparent, turned, animated, strange of shape."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.made_images import BLUE, RED, WHITE, photo, png_of_size, quarters, written
from likewise.data.images import read
from likewise.errors import InputError


def one(path: Path, **options: object) -> np.ndarray:
    """The pixels of a single image."""
    return np.array(read([path], **options).pixels[0])  # type: ignore[arg-type]


def test_what_is_no_whole_picture_is_skipped_counted_and_named(tmp_path: Path) -> None:
    whole = written(photo(64, 64), tmp_path / "a_whole.jpg").read_bytes()
    png = written(quarters(), tmp_path / "b_whole.png").read_bytes()
    flipped = bytearray(png)
    flipped[len(png) // 2] ^= 0xFF
    bad = {
        "cut.jpg": whole[: len(whole) // 2],
        "cut.png": png[: len(png) // 2],
        "empty.jpg": b"",
        "flipped.png": bytes(flipped),
        "page.jpg": b"<!doctype html><title>404</title>",
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    album = read(tmp_path, size=(16, 16))
    assert album.names == ["a_whole.jpg", "b_whole.png"]
    assert sorted(name for name, _ in album.skipped) == sorted(bad)
    assert dict(album.skipped)["empty.jpg"].endswith("it has 0 bytes")
    assert "no JPEG, PNG, WEBP, GIF, BMP or TIFF" in dict(album.skipped)["page.jpg"]
    assert album.facts["skipped"] == 5
    assert "5 skipped" in album.notes()[0]
    with pytest.raises(InputError, match=r"^cut\.jpg: .*truncated"):
        read(tmp_path, size=(16, 16), strict=True)


def test_a_folder_of_bad_pictures_alone_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no")
    with pytest.raises(InputError, match=r"none of 1 images can be used; the first, x\.jpg"):
        read(tmp_path)


@pytest.mark.parametrize("isolate", [False, True])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path, isolate: bool) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of_size(60_000, 60_000))
    (tmp_path / "large.png").write_bytes(png_of_size(12_000, 12_000))
    written(quarters(), tmp_path / "small.png")
    album = read(tmp_path, isolate=isolate)
    assert album.names == ["small.png"]
    assert all("more than max_pixels=89,478,485; not decoded" in reason for _, reason in album.skipped)
    assert "12,000 × 12,000 pixels" in dict(album.skipped)["large.png"]
    with pytest.raises(InputError, match="max_pixels=63"):
        read(tmp_path / "small.png", max_pixels=63, isolate=isolate)
    assert len(read(tmp_path / "small.png", max_pixels=64, isolate=isolate)) == 1


def test_pillows_own_settings_are_as_before(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    read(written(quarters(), tmp_path / "a.png"), max_pixels=10**9)
    assert before == Image.MAX_IMAGE_PIXELS


LARGE = """
import resource, sys
from likewise.data.images import read
from PIL import Image
Image.preinit()
read([sys.argv[1]] * 2, size=(64, 64), isolate=False)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
album = read([sys.argv[2]] * 4, size=(64, 64), isolate=False, threads=2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, album.facts["drafted"])
"""


def test_a_large_jpeg_is_decoded_small_in_little_memory(tmp_path: Path) -> None:
    small, large = tmp_path / "small.jpg", tmp_path / "large.jpg"
    written(photo(64, 64), small)
    Image.linear_gradient("L").resize((8000, 8000)).convert("RGB").save(large)
    done = subprocess.run(
        [sys.executable, "-c", LARGE, str(small), str(large)], capture_output=True, text=True, check=True
    )
    grown, drafted = map(int, done.stdout.split())
    assert drafted == 4
    assert grown < 60_000, f"{grown:,} kB for images of 192 MB each"


def test_a_draft_looks_as_the_whole_does(tmp_path: Path) -> None:
    pixels = photo(400, 600)
    drafted = one(written(pixels, tmp_path / "a.jpg", quality=95), size=(40, 60))
    whole = one(written(pixels, tmp_path / "a.png"), size=(40, 60))
    assert np.abs(drafted.astype(int) - whole).mean() < 3


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.tiff"])
def test_of_many_frames_the_first_is_taken_and_that_is_said(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE, WHITE)]
    options = {"lossless": True} if name.endswith("webp") else {}
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
    album = read(tmp_path)
    assert album.pixels[0, 4, 4].tolist() == list(RED)
    assert album.facts["first frame"] == 1
    assert any("the first frame is taken" in note for note in album.notes())


def ramp(dtype: type, most: float) -> np.ndarray:
    """(4, 256): from nothing to `most`."""
    return np.tile(np.linspace(0, most, 256), (4, 1)).astype(dtype)


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("deep.png", ramp(np.uint16, 65535)),
        ("deep.tiff", ramp(np.uint16, 65535)),
        ("whole.tiff", ramp(np.int32, 65535)),
        ("long.tiff", ramp(np.int32, 2**30)),
        ("unit.tiff", ramp(np.float32, 1)),
        ("float.tiff", ramp(np.float32, 5000)),
    ],
)
def test_deep_greys_are_scaled_and_not_clipped(tmp_path: Path, name: str, pixels: np.ndarray) -> None:
    path = tmp_path / name
    Image.fromarray(pixels).save(path)
    album = read([path], channels=1, size=(4, 256))
    found = album.pixels[0, 0, :, 0].astype(int)
    assert len(np.unique(found)) >= 200
    assert found[0] == 0
    assert found[-1] == 255
    assert np.abs(found - np.arange(256)).max() <= 1
    assert album.facts["scaled"] == 1


def test_a_float_that_is_none_is_refused(tmp_path: Path) -> None:
    pixels = ramp(np.float32, 1)
    pixels[0, 5] = np.nan
    Image.fromarray(pixels).save(tmp_path / "a.tiff")
    with pytest.raises(InputError, match=r"a\.tiff: it holds NaN or infinity"):
        read(tmp_path, channels=1, size=(4, 256))


@pytest.mark.parametrize("mode", ["CMYK", "P", "1", "L", "LA", "YCbCr"])
def test_every_colour_model_shows_the_picture(tmp_path: Path, mode: str) -> None:
    pixels = quarters() if mode in ("CMYK", "P", "YCbCr") else quarters() // 255 * 255
    image = Image.fromarray(pixels)
    if mode in ("1", "L", "LA"):
        image = image.convert("L")
        pixels = np.asarray(image if mode != "1" else image.convert("1").convert("L"))[..., None].repeat(3, 2)
    name = "a.tiff" if mode in ("CMYK", "YCbCr") else "a.png"
    image.convert(mode).save(tmp_path / name)
    found = read(tmp_path).pixels[0]
    assert np.abs(found.astype(int) - pixels).max() <= 3, found[::7, ::7]


def test_a_cmyk_jpeg_is_not_inverted(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16), RED).convert("CMYK").save(tmp_path / "a.jpg")
    red, green, blue = read(tmp_path).pixels[0, 8, 8].astype(int)
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_what_is_transparent_shows_the_ground(tmp_path: Path, name: str) -> None:
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[:2] = (255, 0, 0, 255)
    pixels[2:] = (255, 0, 0, 0)
    pixels[0, 0] = (0, 0, 0, 128)
    Image.fromarray(pixels).save(
        tmp_path / name, **({"lossless": True, "exact": True} if "w" in name else {})
    )
    white = read(tmp_path).pixels[0]
    assert white[1, 1].tolist() == list(RED)
    assert white[3, 3].tolist() == list(WHITE)
    assert np.abs(white[0, 0].astype(int) - 127).max() <= 1
    assert read(tmp_path, ground=(0, 0, 255)).pixels[0, 3, 3].tolist() == list(BLUE)
    assert read(tmp_path, ground=(0, 0, 0), channels=1).pixels[0, 3, 3].tolist() == [0]
    assert read(tmp_path).facts["composited"] == 1


def test_a_palettes_and_a_deep_greys_transparent_colour_shows_the_ground(tmp_path: Path) -> None:
    image = Image.fromarray(quarters()).quantize(4)
    red = image.getpixel((0, 0))
    image.save(tmp_path / "a.png", transparency=red)
    image.save(tmp_path / "b.gif", transparency=red)
    Image.fromarray(ramp(np.uint16, 65535)).save(tmp_path / "c.png", transparency=65535)
    album = read(tmp_path, size=(4, 256), fit="stretch")
    assert album.pixels[:2, 0, 0].tolist() == [list(WHITE)] * 2
    blue = read(tmp_path / "c.png", ground=BLUE, size=(4, 256)).pixels[0]
    assert blue[0, 255].tolist() == list(BLUE)
    assert blue[0, 254].tolist() == [254] * 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tiff", "a.jpg"])
def test_a_picture_turned_by_its_exif_is_the_same_picture(
    tmp_path: Path, orientation: int, name: str
) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what was done to it, by Pillow's numbers
    upright = Image.fromarray(quarters(16, 32))
    lying = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"a.webp": {"lossless": True}, "a.jpg": {"quality": 100, "subsampling": 0}}.get(name, {})
    lying.save(tmp_path / name, exif=exif, **options)
    album = read(tmp_path)
    assert album.size == (16, 32)
    centres = album.pixels[0][[4, 4, 12, 12], [8, 24, 8, 24]].astype(int)
    assert np.abs(centres - quarters(2, 2).reshape(4, 3)).max() <= 3
    assert album.facts.get("turned", 0) == (orientation > 1)


def test_exif_that_cannot_be_read_loses_no_picture(tmp_path: Path) -> None:
    written(quarters(), tmp_path / "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff broken")
    assert len(read(tmp_path)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 10_000), (10_000, 1), (3, 5)])
@pytest.mark.parametrize("fit", ["pad", "cover", "stretch"])
def test_strange_shapes_have_a_place_on_the_canvas(tmp_path: Path, shape: tuple[int, int], fit: str) -> None:
    path = written(np.zeros((*shape, 3), np.uint8), tmp_path / "a.png")
    found = one(path, size=(28, 20), fit=fit)
    assert found.shape == (28, 20, 3)
    assert found[14, 10].max() < 8 or found[13, 9].max() < 8, "black in the middle"
    assert (found == 255).any() == (fit == "pad"), "and the ground only where it is padded"


@pytest.mark.parametrize(
    "data",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n",
        b"%PDF-1.4\n",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
        b"P6 1 1 255\n\0\0\0",
    ],
)
def test_other_formats_are_not_opened_whatever_they_are_called(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match="no JPEG, PNG, WEBP, GIF, BMP or TIFF by its bytes"):
        read(tmp_path)
    (tmp_path / "a.png").rename(tmp_path / "a.eps")
    written(quarters(), tmp_path / "b.png")
    assert read(tmp_path).facts["others"] == 1


def test_a_decoder_that_crashes_is_named_and_the_rest_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"  # a decoder whose native code dies at images called so
    broken.write_text(
        "import ctypes\nfrom likewise.data.images import decoder_worker as worker, decoding\nwhole = decoding.decode\n"
        "def decode(data, canvas):\n"
        "    return ctypes.string_at(0) if 'bad' in str(data) else whole(data, canvas)\n"
        "worker.decode = decode\nimport sys\nworker.serve(sys.stdin.buffer, sys.stdout.buffer)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("likewise.data.images.subprocess_decoder.PROGRAM", "broken")
    folder = tmp_path / "images"
    for name in ("1", "2bad", "3", "4bad", "5"):
        written(quarters(), folder / f"{name}.png")
    album = read(folder, size=(8, 8), isolate=True, threads=2)
    assert album.names == ["1.png", "3.png", "5.png"]
    assert album.skipped == [(f"{n}bad.png", "its decoder crashed (signal 11)") for n in (2, 4)]


def test_links_that_go_round_unreadable_files_and_pipes_end(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    written(quarters(), folder / "a" / "1.png")
    (folder / "a" / "round").symlink_to(folder)
    (folder / "b").symlink_to(folder / "a")
    (folder / "2.png").symlink_to(folder / "a" / "1.png")
    (folder / "3.png").symlink_to(folder / "nowhere.png")
    (folder / "self").symlink_to(folder / "self")
    os.mkfifo(folder / "4.png")
    written(quarters(), folder / "5.png").chmod(0)
    album = read(folder, size=(8, 8))
    reasons = dict(album.skipped)
    assert album.names[:1] == ["2.png"]
    assert "a/1.png" in album.names
    assert reasons["a/round"] == reasons["b"] == "a link to a folder that was read already"
    assert reasons["3.png"] == "a link to nothing"
    assert reasons["4.png"] == "no regular file"
    if os.geteuid() != 0:
        assert "ermission denied" in reasons["5.png"]


def test_a_hundred_thousand_files_are_found_in_bounded_time_and_memory(tmp_path: Path) -> None:
    first = written(quarters(4, 4), tmp_path / "p" / "0.png")
    for number in range(1, 100_000):
        if number % 50_000 == 0:  # a file has 65,000 names at most
            first = written(quarters(4, 4), tmp_path / "p" / f"{number}.png")
        else:
            os.link(first, tmp_path / "p" / f"{number}.png")
    from likewise.data.images.finding import in_folder

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = in_folder(tmp_path / "p")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert [found.names[i] for i in (2, 10, 99_999)] == ["2.png", "10.png", "99999.png"]
    assert grown < 150_000, f"{grown:,} kB"


@pytest.mark.parametrize("address", ["http://127.0.0.1/a.png", "https://x.org/a.png", "file:///etc/passwd"])
def test_an_address_is_never_fetched(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    for inputs in (address, [address]):
        with pytest.raises(InputError, match="nothing is fetched"):
            read(inputs)
    sheet = tmp_path / "s.csv"
    sheet.write_text(f"path,label\n{address},a\n")
    with pytest.raises(InputError, match="nothing is fetched"):
        read(sheet)
