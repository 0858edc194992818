"""`python -m likewise`, which is `likewise`; for torchrun, which starts modules."""

from __future__ import annotations

from likewise.cli.main import run

if __name__ == "__main__":
    run()
