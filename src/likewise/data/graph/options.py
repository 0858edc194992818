"""Options of reading a graph: columns, node files, and details."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from likewise.errors import OptionError

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
FORMS = ("csv", "tsv", "txt", "jsonl", "parquet", "mat", "nt", "nq", "ttl", "trig", "rdf")


@dataclass(frozen=True)
class Columns:
    """The columns of an edge list, by name or by number from 0; None: found by `layout`."""

    source: str | int | None = None
    target: str | int | None = None
    relation: str | int | None = None
    weight: str | int | None = None

    def __post_init__(self) -> None:
        given = [column for column in vars(self).values() if column is not None]
        if len({type(column) for column in given}) > 1:
            raise OptionError(f"columns by name or by number, not both: {given}")
        if len(set(given)) < len(given):
            raise OptionError(f"two of source, target, relation and weight are one column: {given}")
        if any(isinstance(column, int) for column in given) and (self.source is None or self.target is None):
            raise OptionError("columns by number need both source= and target=")

    @property
    def is_given(self) -> bool:
        """Whether any column is given."""
        return any(column is not None for column in vars(self).values())


@dataclass(frozen=True)
class Details:
    """Options of reading that are rarely needed.

    Parameters
    ----------
    form : str or None, default None
        The format, as a file extension without the dot. None: by the name of the file. For standard input.
    delimiter : str or None, default None
        The delimiter of an edge list, one ASCII character; " " is any run of spaces and tabs. None: found.
    comment : str, default "#%"
        A line that begins with one of these characters is a comment. "" for no comments.
    encoding : str, default "utf-8"
        The encoding of edge lists.
    max_bytes : int or None, default None
        The most bytes that one file may unpack to. None: 1 GiB or 250 times its size.
    variable : str or None, default None
        The matrix of a .mat file. None: `network`, or the only square one.
    types : {"both", "type", "edge"}, default "both"
        Whether `type_relation` in RDF gives the type of its subject, is an edge, or both.
    type_relation : str, default rdf:type
        The IRI of the relation for types.
    literals : bool, default True
        Keep numbers, dates and texts of nodes in RDF.

    Examples
    --------
    >>> from likewise import graphs
    >>> graphs.Details(form="csv", delimiter=";").comment
    '#%'
    """

    form: str | None = None
    delimiter: str | None = None
    comment: str = "#%"
    encoding: str = "utf-8"
    max_bytes: int | None = None
    variable: str | None = None
    types: Literal["both", "type", "edge"] = "both"
    type_relation: str = RDF_TYPE
    literals: bool = True

    def __post_init__(self) -> None:
        if self.form is not None and self.form not in FORMS:
            raise OptionError(f"form must be one of {', '.join(FORMS)}, not {self.form!r}")
        if self.types not in ("both", "type", "edge"):
            raise OptionError(f"types must be 'both', 'type' or 'edge', not {self.types!r}")
        if self.delimiter is not None and len(self.delimiter.encode()) != 1:
            raise OptionError(f"delimiter must be one ASCII character, not {self.delimiter!r}")


@dataclass(frozen=True)
class NodeFile:
    """A file with a row for each node, .csv, .tsv, .jsonl or .parquet. Only the id is required.

    Parameters
    ----------
    path : str or Path
        The file.
    id : str, default "id"
        The column of the ids.
    label : str, default "label"
        The column of the labels.
    type : str, default "type"
        The column of the types.
    aliases : str, default "aliases"
        The column of other names; several are divided by `separator` (in JSON and Parquet also a list).
    separator : str, default "|"
        The text between two aliases.

    Examples
    --------
    >>> from likewise import graphs
    >>> graphs.NodeFile("nodes.csv", label="name").label
    'name'
    """

    path: str | Path
    id: str = "id"
    label: str = "label"
    type: str = "type"
    aliases: str = "aliases"
    separator: str = "|"
