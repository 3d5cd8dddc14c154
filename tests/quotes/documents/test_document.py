import pytest
from hypothesis import given
from hypothesis import strategies as st

from bng_opt.quotes.documents.document import file_name, safe_name


@given(st.text())
def test_a_sanitised_name_holds_letters_digits_and_hyphens_alone(text):
    name = safe_name(text)
    assert len(name) <= 40
    assert all(sign.isascii() and (sign.isalnum() or sign == "-") for sign in name)
    assert not name.startswith("-")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", r"..\..\boot.ini", "/abs/olute", "C:\\x", "a\x00b", "~root", "."]
)
def test_no_name_leads_to_another_folder(name):
    made = file_name("BNG-2026-00001", "order", name, extension="pdf")
    assert made.startswith("BNG-2026-00001-order")
    assert not set(made) & set("/\\:~\x00")
    assert made.count(".") == 1
