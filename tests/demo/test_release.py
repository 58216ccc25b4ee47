"""`make demo-release` ends as it should."""

from __future__ import annotations

import pytest

from demo import release


@pytest.mark.long
def test_a_good_model_is_kept_and_two_bad_ones_do_not_stay() -> None:
    assert release.main() == 0
