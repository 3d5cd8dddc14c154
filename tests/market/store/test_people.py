"""Users, customers and introducers: who may do what, on which terms; on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bng_opt.errors import AccessError, InputError
from bng_opt.market.store import Store
from bng_opt.market.store.customers import (
    Customer,
    keep_customer,
    list_customers,
    meant_customer,
)
from bng_opt.market.store.introducers import (
    Introducer,
    find_introducer,
    keep_introducer,
    list_introducers,
    terms_of,
)
from bng_opt.market.store.names import email_problems, name_key, name_problems, text_problems
from bng_opt.market.store.tables import AuditRow, DiscountKind, Role, UserRow
from bng_opt.market.store.users import (
    add_user,
    authorise,
    change_user,
    list_users,
    named_admin,
    password_problems,
    sign_in,
)

GOOD = "a long sentence that only Ann knows"
OTHER = "another sentence, of somebody else"


def admin(store: Store, name: str = "Ann") -> None:
    add_user(store, name, Role.ADMIN, GOOD, by="installer")


class TestUsers:
    def test_no_account_is_there_by_default(self, store: Store) -> None:
        assert list_users(store) == ()

    def test_the_first_user_has_to_be_an_admin(self, store: Store) -> None:
        with pytest.raises(InputError, match="no admin yet"):
            add_user(store, "Bob", Role.VIEWER, GOOD, by="installer")
        assert list_users(store) == ()

    def test_a_user_signs_in_with_name_and_password_whatever_the_case_of_the_name(
        self, store: Store
    ) -> None:
        admin(store)
        assert sign_in(store, " ANN ", GOOD).role is Role.ADMIN

    @pytest.mark.parametrize(("name", "password"), [("Ann", OTHER), ("Nobody", GOOD), ("", "")])
    def test_a_wrong_name_and_a_wrong_password_get_the_same_error(
        self, store: Store, name: str, password: str
    ) -> None:
        admin(store)
        with pytest.raises(AccessError, match="Name and password don't fit"):
            sign_in(store, name, password)

    def test_the_password_itself_is_kept_nowhere(self, store: Store) -> None:
        admin(store)
        with store.read() as session:
            row = session.scalars(select(UserRow)).one()
            log = [str(vars(each)) for each in session.scalars(select(AuditRow))]
        assert row.password_hash.startswith("$argon2id$")
        assert not any(GOOD in text for text in [str(vars(row)), *log])

    def test_a_name_is_given_once(self, store: Store) -> None:
        admin(store)
        with pytest.raises(InputError, match="already"):
            add_user(store, "ann ", Role.VIEWER, OTHER, by="Ann")

    def test_only_an_admin_adds_users(self, store: Store) -> None:
        admin(store)
        add_user(store, "Bob", Role.ANALYST, OTHER, by="Ann")
        with pytest.raises(AccessError, match="takes admin"):
            add_user(store, "Eve", Role.ADMIN, OTHER, by="bob")
        assert [user.name for user in list_users(store)] == ["Ann", "Bob"]

    def test_the_last_admin_stays(self, store: Store) -> None:
        admin(store)
        add_user(store, "Bob", Role.ANALYST, OTHER, by="Ann")
        for change in ({"role": Role.VIEWER}, {"active": False}):
            with pytest.raises(InputError, match="No active admin"):
                change_user(store, "Ann", by="Ann", **change)  # type: ignore[arg-type]
        assert list_users(store)[0].role is Role.ADMIN
        assert list_users(store)[0].active

    def test_one_who_is_not_active_can_neither_sign_in_nor_act(self, store: Store) -> None:
        admin(store)
        add_user(store, "Bob", Role.ANALYST, OTHER, by="Ann")
        change_user(store, "Bob", by="Ann", active=False)
        with pytest.raises(AccessError):
            sign_in(store, "Bob", OTHER)
        with store.read() as session, pytest.raises(AccessError, match="not active"):
            authorise(session, "Bob", Role.VIEWER)

    def test_a_new_password_replaces_the_old_one(self, store: Store) -> None:
        admin(store)
        change_user(store, "Ann", by="Ann", password=OTHER)
        assert sign_in(store, "Ann", OTHER).name == "Ann"
        with pytest.raises(AccessError):
            sign_in(store, "Ann", GOOD)

    @pytest.mark.parametrize("role", Role)
    @pytest.mark.parametrize("needed", Role)
    def test_each_role_may_what_those_before_may(self, role: Role, needed: Role) -> None:
        order = [Role.VIEWER, Role.ANALYST, Role.ADMIN]
        assert role.may(needed) == (order.index(role) >= order.index(needed))

    def test_only_an_active_admin_approves(self, store: Store) -> None:
        admin(store)
        add_user(store, "Bob", Role.ANALYST, OTHER, by="Ann")
        with store.read() as session:
            assert named_admin(session, "ann") == "Ann"
            for name in ("Bob", "Nobody"):
                with pytest.raises(AccessError, match="Admins: Ann"):
                    named_admin(session, name)

    @pytest.mark.parametrize(
        "password", ["", "short", "x" * 2000, "aaaaaaaaaaaaaa", "Ann Example Two"]
    )
    def test_a_password_that_is_easily_guessed_is_refused(self, password: str) -> None:
        assert password_problems(password, "ann example two")

    def test_a_sentence_is_a_fine_password(self) -> None:
        assert password_problems(GOOD, "Ann") == []


class TestCustomers:
    def test_one_name_and_company_are_one_customer(self, store: Store) -> None:
        keep_customer(store, Customer("Jo", "Dev Ltd", email="jo@dev.example"), by="Ann")
        keep_customer(store, Customer("JO ", "dev  ltd", phone="01789"), by="Ann")
        keep_customer(store, Customer("Jo", "Other Ltd"), by="Ann")
        found = list_customers(store)
        assert [(each.company, each.email, each.phone) for each in found] == [
            ("dev  ltd", "jo@dev.example", "01789"),
            ("Other Ltd", "", ""),
        ]

    def test_several_of_one_name_are_told_apart_by_company(self, store: Store) -> None:
        for company in ("A", "B"):
            keep_customer(store, Customer("Jo", company), by="Ann")
        with store.read() as session, pytest.raises(InputError, match='company: "A", "B"'):
            meant_customer(session, Customer("jo"))

    def test_a_name_alone_means_the_customer_who_is_known_by_it(self, store: Store) -> None:
        keep_customer(store, Customer("Jo", "Dev Ltd"), by="Ann")
        with store.read() as session:
            assert meant_customer(session, Customer("JO")).company == "Dev Ltd"
            assert meant_customer(session, Customer("Jim")).company == ""
            assert meant_customer(session, Customer("Jo", "Other")).company == "Other"

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        with pytest.raises(InputError) as caught:
            Customer("  ", "x" * 3000, email="no address")
        assert len(caught.value.findings) == 3

    def test_who_may_only_look_keeps_no_customer(self, store: Store) -> None:
        admin(store)
        add_user(store, "Vic", Role.VIEWER, OTHER, by="Ann")
        with pytest.raises(AccessError):
            keep_customer(store, Customer("Jo"), by="Vic")
        assert list_customers(store) == ()


class TestIntroducers:
    def test_a_child_account_has_the_terms_of_the_nearest_ancestor_with_its_own(
        self, store: Store
    ) -> None:
        inherit = DiscountKind.INHERIT
        accounts = (
            Introducer("Group", DiscountKind.PERCENTAGE, Decimal("7.5")),
            Introducer("Branch", inherit, parent="Group"),
            Introducer("Desk", inherit, parent="Branch"),
            Introducer("Own terms", DiscountKind.NEXT_SIZE_UP, parent="Branch"),
        )
        for account in accounts:
            keep_introducer(store, account, by="Ann")
        with store.read() as session:
            terms = {a.name: terms_of(session, find_introducer(session, a.name)) for a in accounts}
        percentage = (DiscountKind.PERCENTAGE, Decimal("7.5"))
        assert terms["Group"] == terms["Branch"] == terms["Desk"] == percentage
        assert terms["Own terms"] == (DiscountKind.NEXT_SIZE_UP, None)
        assert {each.name for each in list_introducers(store)} == {a.name for a in accounts}

    def test_no_account_is_its_own_ancestor(self, store: Store) -> None:
        keep_introducer(store, Introducer("A"), by="Ann")
        keep_introducer(store, Introducer("B", parent="A"), by="Ann")
        with pytest.raises(InputError, match="account under"):
            keep_introducer(store, Introducer("A", parent="B"), by="Ann")
        with pytest.raises(InputError, match="account under"):
            keep_introducer(store, Introducer("A", parent="A"), by="Ann")
        parents = {each.name: each.parent for each in list_introducers(store)}
        assert parents == {"A": "", "B": "A"}

    @pytest.mark.parametrize(
        ("kind", "percent"),
        [
            (DiscountKind.PERCENTAGE, None),
            (DiscountKind.PERCENTAGE, Decimal(0)),
            (DiscountKind.PERCENTAGE, Decimal(100)),
            (DiscountKind.PERCENTAGE, Decimal("7.555")),
            (DiscountKind.PERCENTAGE, Decimal("NaN")),
            (DiscountKind.NONE, Decimal(5)),
            (DiscountKind.INHERIT, None),
        ],
    )
    def test_terms_that_cannot_be_are_refused(
        self, kind: DiscountKind, percent: Decimal | None
    ) -> None:
        with pytest.raises(InputError):
            Introducer("A", kind, percent)

    def test_a_closed_account_takes_no_new_quotes(self, store: Store) -> None:
        keep_introducer(store, Introducer("A", active=False), by="Ann")
        with store.read() as session, pytest.raises(InputError, match="closed"):
            find_introducer(session, "A")


class TestNames:
    @given(st.text(max_size=40))
    def test_a_key_is_its_own_key(self, name: str) -> None:
        assert name_key(name_key(name)) == name_key(name)

    @pytest.mark.parametrize("text", ["a\0b", "bell\x07", "line\nbreak", "\ud800"])
    def test_a_name_with_control_characters_is_refused(self, text: str) -> None:
        assert name_problems(text, "user")

    def test_an_address_may_have_lines(self) -> None:
        assert text_problems({"address": "1 High Street\nStratford"}) == []

    @pytest.mark.parametrize(
        "email", ["x", "a@b", "a@b.c\nBcc: d@e.f", "a b@c.de", "<a@b.cd>", "a@b.cd,e@f.gh"]
    )
    def test_what_is_no_address_is_refused(self, email: str) -> None:
        assert email_problems(email)
