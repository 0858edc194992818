from __future__ import annotations

import numpy as np
import pytest
from made_tastes import own_kind_first, tastes
from scipy import sparse

from likewise.errors import InputError
from likewise.learn.kernels import row_stream as source
from likewise.learn.sgns import training as sgns
from likewise.users import _histories as histories


@pytest.mark.parametrize("part", [1, 100, 2**22])
def test_each_epoch_has_every_history_once_in_another_order(
    monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(histories, "CHUNK", part)
    seen = sparse.csr_array(np.vstack([np.zeros((1, 60)), tastes()[0].toarray(), np.zeros((2, 60))]))
    made = histories.shuffle_histories(seen, seed=5)
    orders = []
    for epoch in range(2):
        rows = [row for k in range(made.parts) for row in made.part(epoch, k)]
        assert [sorted(row) for row in rows if len(row)] == [
            sorted(row) for row in np.split(seen.indices, seen.indptr[2:-3])
        ]
        orders.append(np.concatenate(rows))
    assert (orders[0] != orders[1]).mean() > 0.5
    again = histories.shuffle_histories(seen, seed=5)
    np.testing.assert_array_equal(
        np.concatenate([again.part(1, k).ids for k in range(again.parts)]), orders[1]
    )


def test_skip_gram_learns_tastes_from_them() -> None:
    seen, of_user, of_item = tastes()
    made = histories.shuffle_histories(seen)
    ordered, counts, order = source.sort_by_frequency(made, source.count_ids(made, 60))
    settings = sgns.Settings(
        dim=8, window=5, epochs=40, sample=0, exponent=0.0, dynamic_window=False, learning_rate=0.1
    )
    state = sgns.fresh(60, settings)
    for _ in sgns.train(state, ordered, counts, settings):
        pass
    inputs, outputs = np.zeros((2, 60, 8), np.float32)
    inputs[order], outputs[order] = state.inputs[:, :8], state.outputs[:, :8]
    assert own_kind_first(seen @ inputs @ outputs.T, seen, of_user, of_item) > 0.75


def test_nothing_seen_is_said() -> None:
    with pytest.raises(InputError, match="nothing to learn from"):
        histories.shuffle_histories(sparse.csr_array((3, 4), dtype=np.float32))
