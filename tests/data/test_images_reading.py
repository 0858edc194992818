"""Images from every source: the same pixels, names and labels, in an order that does not depend on threads."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from data.made_images import BLUE, GREEN, RED, WHITE, idx, photo, quarters, written
from likewise.data.images import read
from likewise.errors import InputError, MissingExtra, NotEnoughSpace, OptionError, WrongType


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Twelve images in the folders cat and dog, and what else lies in such folders."""
    for i in range(12):
        written(photo(8, 6, i), tmp_path / "pets" / ("cat" if i % 2 else "dog") / f"IMG_{i}.png")
    (tmp_path / "pets" / "cat" / "notes.txt").write_text("all of them cats")
    (tmp_path / "pets" / ".hidden.png").write_text("no")
    return tmp_path / "pets"


def test_a_folder_is_read_in_natural_order_with_its_folders_as_classes(classes: Path) -> None:
    album = read(classes)
    assert album.names == [
        *(f"cat/IMG_{i}.png" for i in (1, 3, 5, 7, 9, 11)),
        *(f"dog/IMG_{i}.png" for i in (0, 2, 4, 6, 8, 10)),
    ]
    assert album.labels == ["cat"] * 6 + ["dog"] * 6
    assert album.classes == ["cat", "dog"]
    assert album.columns == {"folder": album.labels}
    assert album.size == (8, 6)
    np.testing.assert_array_equal(album.pixels[1], photo(8, 6, 3))
    assert (album.facts["images"], album.facts["others"], album.skipped) == (12, 1, [])
    assert str(album) == "12 images of 6 × 8, 2 classes"
    assert not album.pixels.flags.writeable


def test_pictures_beside_the_folders_have_no_class_and_neither_have_the_others(classes: Path) -> None:
    written(quarters(), classes / "alone.png")
    album = read(classes)
    assert len(album) == 13
    assert album.labels is None
    assert read(classes / "cat").labels is None


@pytest.mark.parametrize("isolate", [False, True])
def test_threads_and_processes_change_nothing(classes: Path, isolate: bool) -> None:
    for i in range(40):
        written(photo(20 + i, 30, i), classes / "cat" / f"more{i}.jpg")
    (classes / "cat" / "bad.jpg").write_text("bad")
    one = read(classes, threads=1, isolate=False)
    many = read(classes, threads=3, isolate=isolate)
    assert (one.names, one.labels, one.skipped, one.facts) == (
        many.names,
        many.labels,
        many.skipped,
        many.facts,
    )
    assert one.pixels.tobytes() == many.pixels.tobytes()


def test_the_usual_size_is_that_of_most_and_never_larger_than_128(tmp_path: Path) -> None:
    for i in range(3):
        written(photo(20, 10, i), tmp_path / f"{i}.png")
    written(photo(900, 90), tmp_path / "9.png")
    assert read(tmp_path).size == (20, 10)
    assert read(tmp_path / "9.png").size == (128, 13)
    assert read(tmp_path).facts["resized"] == 1


def test_fitting_keeps_the_proportions_and_all_or_the_middle(tmp_path: Path) -> None:
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, :10], wide[:, 10:20], wide[:, 20:] = RED, GREEN, BLUE
    path = written(wide, tmp_path / "a.png")

    def colours(fit: str, *places: tuple[int, int]) -> list[tuple[int, ...]]:
        pixels = read([path], size=(30, 30), fit=fit, ground=WHITE).pixels[0]  # type: ignore[arg-type]
        return [tuple(pixels[place].tolist()) for place in places]

    assert colours("pad", (2, 15), (15, 4), (15, 15), (15, 26), (28, 15)) == [WHITE, RED, GREEN, BLUE, WHITE]
    assert colours("cover", (2, 15), (15, 4), (15, 26)) == [GREEN, GREEN, GREEN]
    assert colours("stretch", (2, 4), (2, 15), (28, 26)) == [RED, GREEN, BLUE]


def test_grey_is_the_luminance(tmp_path: Path) -> None:
    pixels = read([written(quarters(), tmp_path / "a.png")], channels=1).pixels
    assert pixels.shape == (1, 8, 8, 1)
    assert pixels[0, [0, 0, 7, 7], [0, 7, 0, 7], 0].tolist() == [76, 150, 29, 255]


def test_shrinking_takes_all_pixels_into_account(tmp_path: Path) -> None:
    board = np.indices((64, 64)).sum(0) % 2 * np.uint8(255)
    found = read([written(board.astype(np.uint8), tmp_path / "a.png")], size=(8, 8), channels=1).pixels
    assert found.min() >= 120
    assert found.max() <= 135


# Labels


def sheet(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text)
    return path


def test_labels_of_a_file_are_found_by_path_by_name_and_by_stem(classes: Path, tmp_path: Path) -> None:
    labels = sheet(
        tmp_path, "id,colour,size\ncat/IMG_1.png,red,1\nIMG_3.png,blue,2\nIMG_0,red,3\nlost,red,4\nIMG_2,,5\n"
    )
    album = read(classes, labels=labels)
    assert album.names == ["cat/IMG_1.png", "cat/IMG_3.png", "dog/IMG_0.png"]
    assert album.labels == ["red", "blue", "red"]
    assert album.columns == {"colour": ["red", "blue", "red"], "size": ["1", "2", "3"]}
    assert ("lost", "in labels.csv, but there is no such file") in album.skipped
    assert ("dog/IMG_2.png", "it has no label") in album.skipped
    assert album.facts["skipped"] == 1 + 9
    np.testing.assert_array_equal(album.pixels[2], photo(8, 6, 0))
    assert read(classes, labels=labels, label_column="size").labels == ["1", "2", "3", "5"]
    with pytest.raises(InputError, match=r"^lost: in labels\.csv, but there is no such file"):
        read(classes, labels=labels, strict=True)
    with pytest.raises(InputError, match=r"no column 'colur'.*did you mean 'colour'"):
        read(classes, labels=labels, label_column="colur")


def test_labels_that_fit_nothing_or_not_one_picture_alone_are_errors(classes: Path, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"none of the 1 rows .* 'x.png', the first image is 'cat/IMG_1.png'"
    ):
        read(classes, labels=sheet(tmp_path, "path,label\nx.png,a\n"))
    with pytest.raises(InputError, match=r"two rows for 'cat/IMG_1.png'"):
        read(classes, labels=sheet(tmp_path, "path,label\ncat/IMG_1.png,a\nIMG_1,b\n"))
    written(quarters(), classes / "dog" / "IMG_1.png")
    with pytest.raises(InputError, match=r"may be 'cat/IMG_1.png' or 'dog/IMG_1.png'"):
        read(classes, labels=sheet(tmp_path, "path,label\nIMG_1.png,a\n"))
    with pytest.raises(
        InputError, match="'where', 'label'; name the one with the images' paths with column="
    ):
        read(classes, labels=sheet(tmp_path, "where,label\nx,y\n"))
    with pytest.raises(InputError, match="no column besides the paths"):
        read(classes, labels=sheet(tmp_path, "path\ncat/IMG_1.png\n"))
    with pytest.raises(InputError, match="no rows"):
        read(classes, labels=sheet(tmp_path, "path,label\n"))
    with pytest.raises(InputError, match="3 labels for 13 images"):
        read(classes, labels=["a", "b", "c"])


def test_a_sheet_names_the_pictures_beside_it(classes: Path) -> None:
    path = sheet(classes, "file,kind,age\ndog/IMG_10.png,d,1\ncat/IMG_1.png,c,2\ndog/gone.png,d,3\n")
    album = read(path)
    assert album.names == ["dog/IMG_10.png", "cat/IMG_1.png"]
    assert album.labels == ["d", "c"]
    assert album.skipped == [("dog/gone.png", "no file")]
    assert read(path, label_column="age").labels == ["1", "2"]
    np.testing.assert_array_equal(album.pixels[0], photo(8, 6, 10))


# Numbers


PIXELS = np.stack([photo(8, 6, i) for i in range(5)])
DIGITS = "01234"


def stored(folder: Path, form: str) -> tuple[Path, int]:
    """The five images, grey for IDX, in a file of numbers; and the channels it has."""
    if form == "npy":
        np.save(folder / "a.npy", PIXELS)
    elif form == "npz":
        np.savez(folder / "a.npz", images=PIXELS, labels=np.arange(5))
    elif form == "float.npy":
        np.save(folder / "a.float.npy", PIXELS / np.float32(255))
    elif form == "wide.npy":
        np.save(folder / "a.wide.npy", PIXELS.astype(np.int64))
    else:
        packed = gzip.compress if form.endswith("gz") else bytes
        (folder / f"a-images-{form}").write_bytes(packed(idx(PIXELS[..., 0])))
        (folder / f"a-labels-{form.replace('idx3', 'idx1')}").write_bytes(
            packed(idx(np.arange(5, dtype=np.uint8)))
        )
        return folder / f"a-images-{form}", 1
    return folder / f"a.{form}", 3


@pytest.mark.parametrize("form", ["npy", "npz", "float.npy", "wide.npy", "idx3-ubyte", "idx3-ubyte.gz"])
def test_files_of_numbers_hold_the_same_pictures(tmp_path: Path, form: str) -> None:
    path, channels = stored(tmp_path, form)
    album = read(path, channels=channels)
    np.testing.assert_array_equal(album.pixels, PIXELS[..., :channels])
    assert album.labels == (None if form.endswith("npy") else list(DIGITS))
    assert album.names == list(DIGITS)
    small = read(path, channels=channels, size=(4, 3), labels=["a"] * 5)
    assert small.pixels.shape == (5, 4, 3, channels)
    assert small.labels == ["a"] * 5


def test_arrays_from_python_are_taken_as_they_are_and_left_as_they_were() -> None:
    before = PIXELS.copy()
    album = read(PIXELS, labels=list("ababa"))
    assert np.shares_memory(album.pixels, PIXELS)
    assert PIXELS.flags.writeable
    np.testing.assert_array_equal(read(list(PIXELS)).pixels, PIXELS)
    np.testing.assert_array_equal(read(PIXELS[..., 0]).pixels[..., 2], PIXELS[..., 0])
    np.testing.assert_array_equal(read(PIXELS.astype(np.uint16) * 257).pixels, PIXELS)
    np.testing.assert_array_equal(PIXELS, before)
    assert album.taken(np.array([3, 0])).labels == ["b", "a"]


def test_arrays_that_are_no_pictures_say_what_they_are(tmp_path: Path) -> None:
    for shape in ((5, 8), (5, 8, 6, 4), (5, 0, 6, 3)):
        with pytest.raises(InputError, match="wanted images as"):
            read(np.zeros(shape, np.uint8))
    with pytest.raises(InputError, match="holds no images"):
        read(np.zeros((0, 8, 8), np.uint8))
    with pytest.raises(WrongType, match="2 shapes"):
        read([np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8)])
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="pickled"):
        read(tmp_path / "a.npy")
    np.savez(tmp_path / "a.npz", left=PIXELS, right=PIXELS)
    with pytest.raises(InputError, match="'left', 'right': name one with column="):
        read(tmp_path / "a.npz")
    assert len(read(tmp_path / "a.npz", column="right")) == 5
    whole = idx(PIXELS[..., 0])
    for data, message in (
        (whole[:-1], "cut"),
        (whole + b"x", "longer"),
        (whole[:9], "in its header"),
        (b"GIF8", "no IDX"),
    ):
        (tmp_path / "a-idx3").write_bytes(data)
        with pytest.raises(InputError, match=message):
            read(tmp_path / "a-idx3")


def test_parquet_holds_encoded_pictures_as_bytes_or_with_their_path(classes: Path, tmp_path: Path) -> None:
    encoded = [path.read_bytes() for path in sorted(classes.glob("cat/*.png"))]
    plain = pyarrow.table({"photo": [*encoded, b"bad", None], "label": [*range(6), 6, 7]})
    parquet.write_table(plain, tmp_path / "a.parquet")
    album = read(tmp_path / "a.parquet")
    assert album.labels == list("012345")
    assert [name for name, _ in album.skipped] == ["6", "7"]
    hub = pyarrow.table({"pixels": [{"bytes": data, "path": "x"} for data in encoded], "kind": ["c"] * 6})
    parquet.write_table(hub, tmp_path / "b.parquet")
    with pytest.raises(InputError, match="'pixels', 'kind'; name the one with images with column="):
        read(tmp_path / "b.parquet")
    with pytest.raises(InputError, match="'kind' is string; wanted bytes"):
        read(tmp_path / "b.parquet", column="kind")
    same = read(tmp_path / "b.parquet", column="pixels", isolate=True)
    np.testing.assert_array_equal(same.pixels, album.pixels)
    (tmp_path / "c.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match="damaged, or not Parquet"):
        read(tmp_path / "c.parquet")


# Edges


def test_one_picture_and_one_given_twice(tmp_path: Path) -> None:
    path = written(quarters(), tmp_path / "a.png")
    assert len(read(path)) == 1
    album = read([path, path])
    np.testing.assert_array_equal(album.pixels[0], album.pixels[1])


def test_nothing_to_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no images in the folder .* holds nothing"):
        read(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match="holds 1 other files; wanted JPEG"):
        read(tmp_path)
    with pytest.raises(InputError, match="the list is empty"):
        read([])
    with pytest.raises(InputError, match=r"no file .*photo\.jpeg"):
        read(tmp_path / "photo.jpeg")
    for wrong in (b"bytes", 5, [5]):
        with pytest.raises(WrongType):
            read(wrong)


@pytest.mark.parametrize(
    "options",
    [{"size": 8}, {"size": (0, 8)}, {"size": (8, 5000)}, {"channels": 4}, {"ground": (0, 0, 256)}, {"ground": 0},
     {"fit": "crop"}, {"max_pixels": 0}, {"threads": 0}, {"labels": ["a"], "label_column": "x"}],
)  # fmt: skip
def test_options_out_of_range_are_refused(tmp_path: Path, options: dict[str, object]) -> None:
    path = written(quarters(), tmp_path / "a.png")
    with pytest.raises(OptionError):
        read([path], **options)  # type: ignore[arg-type]


def test_without_pillow_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(quarters(), tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(MissingExtra, match=r"pip install 'likewise\[neural\]'"):
        read(path)
    assert len(read(PIXELS)) == 5


def test_a_full_disk_is_an_error_and_no_signal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full to write to")
    path = written(photo(100, 100), tmp_path / "a.png")
    monkeypatch.setattr("likewise.data.images.pipeline.TemporaryFile", lambda **_: full.open("r+b"))
    with pytest.raises(NotEnoughSpace, match="the disk is full after"):
        read([path] * 50)


def test_an_album_says_where_it_is_from_and_what_it_was_drawn_on(classes: Path) -> None:
    album = read(classes, size=(4, 4), fit="cover", ground=(0, 0, 0))
    assert album.source == {"from": str(classes)}
    assert (album.canvas.fit, album.canvas.ground) == ("cover", (0, 0, 0))  # type: ignore[union-attr]
    assert read(PIXELS, labels=list("abcde")).source == {
        "from": "given as ndarray",
        "labels": "given as list",
    }
