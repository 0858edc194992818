"""The program of a process that decodes images for another one: requests on standard input, answers on its output.

A request is a line of JSON, {"path": ...} or {"length": n} with n bytes after it, and "canvas", or null where only the
size is requested. An answer is a line of JSON, and the pixels after it where there are any.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, BinaryIO

from likewise.data.images.decoding import Unreadable, decode, quiet, size_of
from likewise.data.images.preprocess import Canvas


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more requests."""
    for line in requests:
        request = json.loads(line)
        data = Path(request["path"]) if "path" in request else requests.read(request["length"])
        answer, pixels = _answered(request, data)
        answers.write(json.dumps(answer).encode() + b"\n" + pixels)
        answers.flush()


def _answered(request: dict[str, Any], data: Path | bytes) -> tuple[dict[str, Any], bytes]:
    limit = request["max_pixels"]
    try:
        with quiet(limit):
            if request["canvas"] is None:
                return {"size": size_of(data, limit)}, b""
            canvas = {**request["canvas"], "ground": tuple(request["canvas"]["ground"])}
            pixels, notes = decode(data, Canvas(**canvas))
            return {"notes": notes}, pixels.tobytes()
    except Unreadable as error:
        return {"reason": str(error)}, b""


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
