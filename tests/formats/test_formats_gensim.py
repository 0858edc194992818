"""gensim reads what we write, and we read what gensim writes."""

from __future__ import annotations

import numpy as np
import pytest

from likewise import formats
from likewise.table import Table

keyedvectors = pytest.importorskip("gensim.models.keyedvectors", reason="gensim is not installed")
pytestmark = [  # gensim leaves to the garbage collector a file that it read without a header
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEYS = ["king", "a\x7fb", "é", "☃", "%20", "\N{NO-BREAK SPACE}", "\x1b[31m", "1.5", ""]
VECTORS = np.random.default_rng(1).normal(size=(len(KEYS), 12)).astype(np.float32)
VECTORS[0, :4] = [1e-38, 3.4e38, -0.0, 1e-45]


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("spaces", ["refuse", "escape"])
def test_gensim_reads_what_we_write(tmp_path, binary, spaces):
    keys = [*KEYS[:-1], "a b\n"] if spaces == "escape" else KEYS
    path = tmp_path / ("t.bin" if binary else "t.txt")
    formats.write(Table(keys, VECTORS), path, spaces=spaces)
    read = keyedvectors.KeyedVectors.load_word2vec_format(path, binary=binary)
    wanted = [key.replace("%", "%25").replace(" ", "%20").replace("\n", "%0A") for key in keys]
    assert read.index_to_key == (wanted if spaces == "escape" else keys)
    np.testing.assert_array_equal(read.vectors, VECTORS)


def test_gensim_reads_glove_that_we_write(tmp_path):
    formats.write(Table(KEYS, VECTORS), tmp_path / "t.txt", format="glove")
    read = keyedvectors.KeyedVectors.load_word2vec_format(tmp_path / "t.txt", no_header=True)
    assert read.index_to_key == KEYS
    np.testing.assert_array_equal(read.vectors, VECTORS)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("name", ["t.txt", "t.bin", "t"])
def test_we_read_what_gensim_writes(tmp_path, binary, name):
    vectors = keyedvectors.KeyedVectors(12)
    vectors.add_vectors(KEYS, VECTORS)
    vectors.save_word2vec_format(str(tmp_path / name), binary=binary)
    named = {(True, "t.txt"): "word2vec-binary", (False, "t.bin"): "word2vec"}
    read = formats.read(tmp_path / name, format=named.get((binary, name)))
    assert read.keys == KEYS
    np.testing.assert_array_equal(read.vectors, VECTORS)


def test_we_read_the_spaces_that_gensim_writes_and_cannot_read(tmp_path):
    vectors = keyedvectors.KeyedVectors(12)
    vectors.add_vectors(["new york", ". . ."], VECTORS[:2])
    vectors.save_word2vec_format(str(tmp_path / "t.txt"))
    assert formats.read(tmp_path / "t.txt").keys == ["new york", ". . ."]
