"""MODEL on the command line: the folder of a model, or a file of vectors that any program wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likewise.arrays.spelling import nearest_spellings
from likewise.errors import InputError, OutputExists

if TYPE_CHECKING:
    from likewise.documents import Averaged
    from likewise.table import Table

# Names that only vectors have; .txt, .tsv, .csv and .jsonl may also be sets to evaluate with.
VECTOR_ENDINGS = (".vec", ".vec.gz", ".bin", ".bin.gz", ".npy", ".parquet")
INSTEAD = {  # what to do where a command needs a table
    "convert": "`likewise encode {name} texts.txt -o vectors.parquet` writes vectors of texts",
    "update": "`likewise train documents` trains it again",
    "evaluate": "on this set; use stsbenchmark or another set of sentence pairs",
}


def open_model(name: str) -> Any:
    """The model in a folder, or the table in a file of vectors; `InputError` where there is neither."""
    from likewise import formats
    from likewise.artifacts import artifact

    path = Path(name)
    if is_checkpoint(path):
        from likewise.contextual._pretrained import from_pretrained

        return from_pretrained(path)
    if is_folder(path):
        return artifact.load(path)
    if path.is_file():
        return formats.read(path)
    raise InputError(_missing(path))


def open_table(name: str, command: str) -> Table:
    """The table of vectors that `command` needs; `InputError` for any other kind of model."""
    return as_table(open_model(name), name, command)


def as_table(model: Any, name: str, command: str) -> Table:
    """`model` itself where it is a table, or the table in it; else `InputError`, with what to do instead."""
    from likewise.table import Table

    if isinstance(getattr(model, "table", None), Table) and not hasattr(model, "vocabulary"):
        return model.table  # of words with their parts, or of nodes
    if not isinstance(model, Table):
        instead = INSTEAD.get(command, "`likewise train words` makes vectors of words").format(name=name)
        raise InputError(
            f"{name!r} is a model of documents ({kind_of(model)}), and `{command}` needs keys with vectors: {instead}"
        )
    return model


def open_encoder(name: str) -> Any:
    """A model that takes texts: one of documents, or for a table of words the mean of each text's words."""
    from likewise.graphs import Nodes
    from likewise.table import Table
    from likewise.users import Users
    from likewise.words import SubwordTable

    model = open_model(name)
    if isinstance(model, Users):
        raise InputError(f"{name!r} is a model of users, which takes histories of items and no texts")
    if isinstance(model, Nodes):
        raise InputError(f"{name!r} is a model of nodes, which takes ids and no texts")
    if isinstance(model, SubwordTable):
        return mean_of_word_vectors(model.table)
    return mean_of_word_vectors(model) if isinstance(model, Table) else model


def mean_of_word_vectors(table: Table) -> Averaged:
    """A model of texts from a table of words: the mean of the word vectors."""
    from numpy import ones

    from likewise.documents import Averaged
    from likewise.documents._options import single
    from likewise.words import Reading

    return Averaged(table, single(Reading.of_table(table).tokens), ones(len(table)))


def kind_of(model: Any) -> str:
    """The method of a model, as in `--method lsa`."""
    return str(model.facts.get("function", type(model).__name__.lower())).rpartition(".")[2]


def count_documents(model: Any) -> int:
    """The number of documents that a model keeps for `similar`."""
    index = getattr(model, "index", None)  # of graphs a method
    return len(getattr(model, "ids", ())) if index is None or callable(index) else len(index)


def is_folder(path: Path) -> bool:
    """Whether the folder exists, also where replacing it was interrupted."""
    from likewise.system.files import standing

    return standing(path).is_dir()


def is_checkpoint(path: Path) -> bool:
    """Whether a folder is a checkpoint of another program, as transformers and sentence-transformers write them."""
    is_theirs = any((path / name).is_file() for name in ("config.json", "modules.json"))
    return is_theirs and not (path / "model.json").exists()


def is_model(name: str) -> bool:
    """Whether an argument among models and sets is a model: a folder, or by its ending a file of vectors."""
    return is_folder(Path(name)) or name.lower().endswith(VECTOR_ENDINGS)


def _missing(path: Path) -> str:
    if path.exists():
        return f"{str(path)!r} is neither a model folder nor a file of vectors"
    if path.with_name(f"{path.name}.run").is_dir():
        return f"{str(path)!r} is not finished yet: run its `likewise train` again with --resume"
    try:
        near = nearest_spellings(path.name, sorted(os.listdir(path.parent)), 1)
    except OSError:
        near = []
    hint = f"did you mean {str(path.parent / near[0])!r}?" if near else "`likewise train` makes one"
    return f"no model {str(path)!r}; {hint}"


def refuse_output(out: Path, *, overwrite: bool, is_folder: bool) -> None:
    """Raise before any work where `out` cannot be written or would be overwritten without `overwrite`."""
    from likewise.artifacts import artifact

    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent} to write {out.name} in: make it first")
    if not overwrite and os.path.lexists(out):
        raise OutputExists(f"{out} is there already: choose another name, or --overwrite it")
    if is_folder:
        artifact.check_replaceable(out)
    elif out.is_dir():
        raise InputError(f"{out} is a folder: give the name of a file")
