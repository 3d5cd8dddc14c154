"""Helpers of the tests of places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bng_opt.errors import Finding, PlaceError

Refused = Callable[..., tuple[Finding, ...]]


@pytest.fixture(scope="session")
def refused() -> Refused:
    """Return a function that calls another and returns the findings it is refused with."""

    def call(function, *args, **keywords):
        with pytest.raises(PlaceError) as caught:
            function(*args, **keywords)
        return caught.value.findings

    return call
