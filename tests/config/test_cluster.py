import pytest

from hybrid_wbc.config.cluster import check_place
from hybrid_wbc.errors import InputError


@pytest.mark.parametrize(
    ("place", "workers"),
    [("local", 0), ("local:3", 3), ("tcp://10.0.0.1:8786", None), ("tls://host:8786", None)],
)
def test_a_place_says_how_many_workers_are_started_here(place, workers):
    assert check_place(place) == workers


@pytest.mark.parametrize("place", ["", "local:", "local:0", "local:-1", "remote", "tcp://host"])
def test_what_is_no_place_is_refused_with_those_that_are(place):
    with pytest.raises(InputError, match=r"give local, local:WORKERS or tcp://HOST:PORT"):
        check_place(place)
