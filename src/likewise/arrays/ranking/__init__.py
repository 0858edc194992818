"""Many scores a row: the best of each, and where given ones stand."""
