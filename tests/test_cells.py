"""Text for the cells of a spreadsheet: guarded, and read back as it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bng_opt.cells import begins_formula, with_guard, without_guard

LIKELY = st.text(alphabet="'=+-@\t\r\n ab\uff1d", max_size=6)


@given(st.one_of(LIKELY, st.text()))
def test_a_guarded_text_is_no_formula_and_reads_back_as_it_was(text: str) -> None:
    assert not begins_formula(with_guard(text))
    assert without_guard(with_guard(text)) == text


def test_an_apostrophe_that_guards_nothing_stays() -> None:
    assert without_guard("'Ash Dell'") == "'Ash Dell'"
    assert with_guard("'Ash Dell'") == "'Ash Dell'"
