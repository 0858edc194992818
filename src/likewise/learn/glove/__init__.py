"""GloVe (Pennington et al. 2014): co-occurrence counts, and vectors fitted to them."""

from __future__ import annotations
