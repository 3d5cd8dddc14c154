"""The tests of the service share one server."""

from tests.support.service import served  # noqa: F401
from tests.support.stores import *  # noqa: F403
