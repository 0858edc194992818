"""The files in which vectors travel between programs, read into a `Table` and written from one.

| format | file | key can be | keeps counts |
|---|---|---|---|
| word2vec | .txt (with a header), .vec | anything without white space | no |
| word2vec-binary | .bin | anything without white space | no |
| fasttext | .vec | anything without white space | no |
| glove | .txt (without header) | anything without white space | no |
| npy | NAME.npy and NAME.keys.jsonl | anything | yes |
| parquet | .parquet | anything | yes |
| projector | vectors.tsv and metadata.tsv | anything without tab or line end | yes |
| jsonl | .jsonl | anything | yes |

Every float32 comes back as it was. The text formats are also read and written gzipped (.gz).
"""

from __future__ import annotations

from likewise.formats.recognise import format_of, format_of_name
from likewise.formats.registry import FORMATS, read, write
from likewise.formats.rows import Rows

__all__ = ["FORMATS", "Rows", "format_of", "format_of_name", "read", "write"]
