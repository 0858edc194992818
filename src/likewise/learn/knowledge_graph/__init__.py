"""TransE, DistMult, ComplEx and RotatE: vectors of entities and relations from triples."""

from __future__ import annotations
