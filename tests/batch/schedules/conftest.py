"""The state of schedules is kept on both databases."""

from tests.support.stores import *  # noqa: F403
