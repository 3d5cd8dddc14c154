"""Quotes are tested on both databases."""

from tests.support.stores import *  # noqa: F403
