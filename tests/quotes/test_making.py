"""Quotes are made and revised: references, revisions, lines by hand, both databases."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from bng_opt.errors import AccessError, InfeasibleError, InputError, StockError
from bng_opt.market.store import Store, open_store
from bng_opt.market.store.introducers import Introducer, keep_introducer
from bng_opt.market.store.tables import (
    AuditRow,
    DiscountKind,
    QuoteLineRow,
    QuoteRow,
    QuoteState,
    RevisionRow,
    Role,
)
from bng_opt.market.store.users import add_user
from bng_opt.quotes import (
    Change,
    Charge,
    QuoteBook,
    check_quote,
    create_quote,
    list_quotes,
    revise_quote,
    show_quote,
    terms_for,
)
from bng_opt.settings import Settings
from tests.support.command_line import FOUR_BANKS
from tests.support.quoting import JO, Clock, need_of_scene, open_book, quote, stock_of
from tests.support.scenarios import AREA, MEADOW, NEUTRAL, RIVER, WATERCOURSE, Line, Scene

ONE_LINE = Scene((Line(NEUTRAL, 10, 20_000, "A"),), {}, {AREA: 1.0})


def units_bought(book: QuoteBook, reference: str, revision: int | None = None) -> dict[str, str]:
    plan = show_quote(book, reference, revision=revision).plan
    return {line.stock_id: str(line.units.normalize()) for line in plan.purchases}


class TestCreating:
    def test_a_quote_buys_what_the_optimiser_buys_and_adds_the_fee_and_vat(
        self, store: Store
    ) -> None:
        book = open_book(store, FOUR_BANKS)
        view = show_quote(book, quote(book, FOUR_BANKS))
        best = FOUR_BANKS.optimise()
        assert view.plan.total_gbp == best.total_gbp == Decimal(60_000)
        assert view.priced.net_gbp == Decimal(60_500)
        assert view.priced.vat_gbp == Decimal(12_100)
        assert view.priced.gross_gbp == Decimal(72_600)
        assert view.state is QuoteState.DRAFT
        assert view.plan.is_verified
        assert view.scenario == best.scenario
        assert view.bgs_references == {name: f"BGS-{name}" for name in "ABC"}

    def test_references_go_up_by_one_and_begin_again_each_year(self, store: Store) -> None:
        clock = Clock()
        store.clock = clock
        book = open_book(store, ONE_LINE)
        first = [quote(book, ONE_LINE) for _ in range(3)]
        clock.move(days=60)
        assert [*first, quote(book, ONE_LINE)] == [
            "BNG-2026-00001",
            "BNG-2026-00002",
            "BNG-2026-00003",
            "BNG-2027-00001",
        ]

    def test_a_quote_that_fails_leaves_no_gap(self, store: Store) -> None:
        book = open_book(store, ONE_LINE)
        quote(book, ONE_LINE, reserve=True)
        greedy = replace(ONE_LINE, deficits={AREA: 9.5})
        with pytest.raises(InfeasibleError):
            quote(book, greedy)
        with pytest.raises(InputError, match="no introducer"):
            quote(book, ONE_LINE, introducer="Nobody")
        assert quote(book, ONE_LINE) == "BNG-2026-00002"

    def test_many_who_quote_at_once_get_each_number_once(self, store_url: str) -> None:
        with open_store(store_url) as store:
            open_book(store, ONE_LINE)
        found: list[str] = []

        def work() -> None:
            with open_store(store_url) as own:
                book = QuoteBook(own, Settings(database=store_url), "Bea")
                found.extend(quote(book, ONE_LINE) for _ in range(4))

        workers = [threading.Thread(target=work) for _ in range(5)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(found) == [f"BNG-2026-{n:05d}" for n in range(1, 21)]

    def test_reserving_at_once_takes_the_stock(self, store: Store) -> None:
        book = open_book(store, ONE_LINE)
        quote(book, ONE_LINE, reserve=True)
        assert stock_of(store)["A-001"] == (Decimal(10), Decimal(0), Decimal(1))

    def test_what_is_reserved_is_not_offered_again(self, store: Store) -> None:
        book = open_book(store, FOUR_BANKS)
        first = quote(book, FOUR_BANKS, reserve=True)
        second = quote(book, FOUR_BANKS)
        assert units_bought(book, first) == {"A-001": "1", "B-002": "1", "C-003": "1"}
        assert units_bought(book, second) == {"D-004": "3"}

    def test_the_introducers_discount_is_in_the_lines_and_not_on_the_fee(
        self, store: Store
    ) -> None:
        book = open_book(store, ONE_LINE)
        keep_introducer(
            store, Introducer("Firm", DiscountKind.PERCENTAGE, Decimal("12.5")), by="Ann"
        )
        terms = terms_for(store, book.settings, introducer="firm")
        view = show_quote(book, quote(book, ONE_LINE, terms, introducer="firm"))
        assert view.introducer == "Firm"
        assert [(line.amount_gbp, line.discount_gbp) for line in view.priced.lines] == [
            (Decimal(20_000), Decimal(2_500)),
            (Decimal(500), Decimal(0)),
        ]
        assert view.priced.net_gbp == Decimal(18_000)

    def test_what_is_kept_is_what_is_shown_to_the_penny(self, store: Store) -> None:
        odd = Scene((Line(NEUTRAL, 10, "19999.99", "A"),), {}, {AREA: 0.37})
        book = open_book(store, odd)
        terms = replace(need_of_scene(odd).terms, charges=(Charge("Visit", Decimal("99.95")),))
        reference = quote(book, odd, terms)
        view = show_quote(book, reference)
        with store.read() as session:
            row = session.scalars(select(RevisionRow)).one()
            lines = session.scalars(select(QuoteLineRow.net)).all()
        assert sum(lines) == row.net == view.priced.net_gbp
        assert row.gross == view.priced.gross_gbp
        assert check_quote(book, reference).priced == view.priced

    def test_who_may_only_look_makes_no_quote(self, store: Store) -> None:
        add_user(store, "Ann", Role.ADMIN, "a long sentence of Ann's", by="installer")
        add_user(store, "Vic", Role.VIEWER, "a long sentence of Vic's", by="Ann")
        book = open_book(store, ONE_LINE)
        with pytest.raises(AccessError, match="viewer"):
            quote(replace(book, by="vic"), ONE_LINE)
        assert list_quotes(book) == ()

    def test_who_did_what_when_is_in_the_log(self, store: Store) -> None:
        book = open_book(store, ONE_LINE)
        reference = quote(book, ONE_LINE, reserve=True)
        with store.read() as session:
            rows = session.scalars(
                select(AuditRow).where(AuditRow.subject == reference).order_by(AuditRow.id)
            ).all()
        assert [(row.who, row.action) for row in rows] == [
            ("Bea Broker", "created"),
            ("Bea Broker", "reserved"),
        ]

    def test_a_market_step_finer_than_the_store_keeps_is_refused(self, store: Store) -> None:
        fine = ONE_LINE.with_wishes(market_step=Decimal("0.00001"))
        book = open_book(store, fine)
        with pytest.raises(InputError, match=r"0\.0001"):
            quote(book, fine)


class TestRevising:
    def test_a_revision_keeps_the_old_one_and_supersedes_it(self, store: Store) -> None:
        book = open_book(store, FOUR_BANKS)
        reference = quote(book, FOUR_BANKS)
        assert revise_quote(book, reference, reason="client asked") == 2
        old, new = (show_quote(book, reference, revision=n) for n in (1, 2))
        assert (old.state, new.state) == (QuoteState.SUPERSEDED, QuoteState.DRAFT)
        assert (old.label, new.label) == (reference, f"{reference}-R2")
        assert new.reason == "client asked"
        assert old.priced == new.priced

    def test_taking_a_line_out_without_another_is_refused_and_changes_nothing(
        self, store: Store
    ) -> None:
        book = open_book(store, FOUR_BANKS)
        reference = quote(book, FOUR_BANKS)
        with pytest.raises(InfeasibleError):
            revise_quote(book, reference, change=Change(remove=frozenset({"A-001"})))
        assert show_quote(book, reference).revision == 1
        assert show_quote(book, reference).state is QuoteState.DRAFT

    def test_lines_changed_by_hand_are_verified_and_priced_as_a_whole(self, store: Store) -> None:
        book = open_book(store, FOUR_BANKS)
        reference = quote(book, FOUR_BANKS)
        swap = Change({"D-004": Decimal("1.5")}, remove=frozenset({"A-001"}))
        revise_quote(book, reference, change=swap)
        view = show_quote(book, reference)
        assert units_bought(book, reference) == {"B-002": "1", "C-003": "1", "D-004": "1.5"}
        # 20,000 + 20,000 + 1.5 x 20,700 + D's fee of 200 + the admin fee of 500
        assert view.priced.net_gbp == Decimal(71_750)
        assert view.plan.bound_gbp <= Decimal(60_000)
        assert "at most £11,250.00" in view.plan.proof
        assert check_quote(book, reference).priced == view.priced

    def test_every_unknown_line_is_named_at_once(self, store: Store) -> None:
        book = open_book(store, FOUR_BANKS)
        reference = quote(book, FOUR_BANKS)
        wrong = Change(remove=frozenset({"X", "Y", "A-001"}))
        with pytest.raises(InputError) as caught:
            revise_quote(book, reference, change=wrong)
        assert len(caught.value.findings) == 2

    def test_a_line_is_changed_in_one_way_and_by_units_that_can_be_bought(self) -> None:
        with pytest.raises(InputError) as caught:
            Change({"A": Decimal(1), "B": Decimal(-1)}, {"A": Decimal(1), "C": Decimal(0)})
        assert len(caught.value.findings) == 3

    def test_units_are_added_to_what_is_there(self) -> None:
        change = Change({"B": Decimal(2)}, {"A": Decimal(1), "C": Decimal(3)}, frozenset({"D"}))
        units = {"A": Decimal(5), "B": Decimal(5), "D": Decimal(5)}
        assert change.applied_to(units) == {"A": Decimal(6), "B": Decimal(2), "C": Decimal(3)}

    def test_a_revision_holds_the_stock_that_the_old_one_held(self, store: Store) -> None:
        book = open_book(store, FOUR_BANKS)
        reference = quote(book, FOUR_BANKS, reserve=True)
        dearer = need_of_scene(FOUR_BANKS.with_wishes(must_not_use=frozenset({"A"})))
        revise_quote(book, reference, change_need=lambda _: dearer)
        reserved = {name: r for name, (_, _, r) in stock_of(store).items()}
        bought = {name: Decimal(n) for name, n in units_bought(book, reference).items()}
        assert reserved == {name: bought.get(name, Decimal(0)) for name in reserved}
        assert "A-001" not in bought

    def test_a_revision_may_use_the_stock_its_own_quote_holds(self, store: Store) -> None:
        last = Scene((Line(NEUTRAL, 1, 20_000, "A"),), {}, {AREA: 1.0})
        book = open_book(store, last)
        reference = quote(book, last, reserve=True)
        assert revise_quote(book, reference) == 2
        assert stock_of(store)["A-001"] == (Decimal(1), Decimal(0), Decimal(1))

    def test_where_the_new_stock_is_gone_the_old_revision_keeps_what_it_holds(
        self, store: Store
    ) -> None:
        book = open_book(store, FOUR_BANKS)
        reference = quote(book, FOUR_BANKS, reserve=True)
        swap = Change({"D-004": Decimal(4)}, remove=frozenset({"A-001"}))
        rest = Scene(FOUR_BANKS.lines, {}, {AREA: 5.0}, FOUR_BANKS.banks)
        quote(book, rest, reserve=True)
        with pytest.raises(StockError):
            revise_quote(book, reference, change=swap)
        assert show_quote(book, reference).revision == 1
        assert stock_of(store)["A-001"][2] == Decimal(1)

    def test_one_of_two_who_revise_at_once_is_told_of_the_other(self, store: Store) -> None:
        book = open_book(store, ONE_LINE)
        reference = quote(book, ONE_LINE)
        outcomes: list[object] = []
        gate = threading.Barrier(2)

        def work(name: str) -> None:
            gate.wait()
            try:
                outcomes.append(revise_quote(replace(book, by=name), reference))
            except InputError as error:
                outcomes.append(error)

        workers = [threading.Thread(target=work, args=(name,)) for name in ("Bea", "Bob")]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        newest = show_quote(book, reference).revision
        made = [each for each in outcomes if isinstance(each, int)]
        assert newest == max(made)
        assert len(made) == newest - 1
        assert all("meanwhile" in str(e) for e in outcomes if isinstance(e, InputError))


class TestListing:
    def test_the_newest_revision_stands_in_the_list_and_search_finds_it(self, store: Store) -> None:
        book = open_book(store, ONE_LINE)
        first, second = quote(book, ONE_LINE), quote(book, ONE_LINE, project="Mill Lane")
        revise_quote(book, first)
        assert [(q.reference, q.revision) for q in list_quotes(book)] == [(second, 1), (first, 2)]
        assert [q.reference for q in list_quotes(book, search="mill")] == [second]
        assert [q.reference for q in list_quotes(book, search="DEV LTD")] == [second, first]
        assert list_quotes(book, state=QuoteState.SENT) == ()

    def test_an_unknown_reference_is_an_error_that_says_where_to_look(self, store: Store) -> None:
        book = open_book(store, ONE_LINE)
        reference = quote(book, ONE_LINE)
        for wrong in ("BNG-2026-99999", "", "'; DROP TABLE quotes; --"):
            with pytest.raises(InputError, match="quote list"):
                show_quote(book, wrong)
        with pytest.raises(InputError, match="revisions 1 to 1"):
            show_quote(book, reference, revision=2)
        with store.read() as session:
            assert session.scalar(select(func.count()).select_from(QuoteRow)) == 1


@pytest.mark.parametrize("text", ["a\0b", "x" * 5_000, "Evil\r\nBcc: v@x.yz", "left\u202eright"])
def test_texts_that_can_not_be_printed_are_refused_on_either_database(
    store: Store, text: str
) -> None:
    book = open_book(store, ONE_LINE)
    with pytest.raises(InputError):
        quote(book, ONE_LINE, project=text)
    reference = quote(book, ONE_LINE)
    with pytest.raises(InputError):
        revise_quote(book, reference, reason=text)
    assert show_quote(book, reference).revision == 1


def test_a_store_that_sells_nothing_yet_says_so(store: Store) -> None:
    book = QuoteBook(store, Settings(database=store.name), "Bea")
    with pytest.raises(InputError, match="market import"):
        quote(book, ONE_LINE)


def test_statutory_credits_bear_no_vat(store: Store) -> None:
    scene = Scene(ONE_LINE.lines, {RIVER: -1.0}, {WATERCOURSE: 1.0}, wishes={"credits": True})
    book = open_book(store, scene)
    view = show_quote(book, quote(book, scene))
    # two credits of tier W at 230,000, and the admin fee of 500
    assert view.priced.net_gbp == Decimal(460_500)
    assert view.priced.vatable_gbp == Decimal(500)
    assert view.priced.vat_gbp == Decimal(100)
    assert "on £500.00" in view.priced.vat_words


def test_a_need_for_what_nobody_sells_is_no_quote(store: Store) -> None:
    book = open_book(store, ONE_LINE)
    need = need_of_scene(Scene(ONE_LINE.lines, {MEADOW: -1.0}, {AREA: 1.1}))
    with pytest.raises(InfeasibleError):
        create_quote(book, need, JO)
    assert list_quotes(book) == ()
