"""The certificate: a purchase in the official workbook, and that workbook's own verdict on it."""

from bng_opt.certificate.certifying import Certificate, LedgerVerdict, certify
from bng_opt.certificate.filing import FiledPlan, file_plan

__all__ = ["Certificate", "FiledPlan", "LedgerVerdict", "certify", "file_plan"]
