"""Every test of the store runs on both databases."""

from tests.support.stores import *  # noqa: F403
