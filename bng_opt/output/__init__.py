"""What leaves the package: a plan's files, and errors in words or as JSON."""

from bng_opt.output.files import WRITTEN, write_plan
from bng_opt.output.say import checks_text, error_json, error_text, to_json

__all__ = [
    "WRITTEN",
    "checks_text",
    "error_json",
    "error_text",
    "to_json",
    "write_plan",
]
