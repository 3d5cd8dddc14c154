"""Customers: who buys."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bng_opt.errors import Finding, InputError
from bng_opt.market.store.audit import record
from bng_opt.market.store.database import Store
from bng_opt.market.store.names import email_problems, name_key, name_problems, text_problems
from bng_opt.market.store.tables import CustomerRow, Role
from bng_opt.market.store.upsert import insert
from bng_opt.market.store.users import authorise


@dataclass(frozen=True)
class Customer:
    """Who buys; name and company together are unique."""

    name: str
    company: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        """Refuse what can't be printed or written to."""
        lines = {"company": self.company, "phone": self.phone}
        findings = [
            *name_problems(self.name, "customer"),
            *text_problems(lines, one_line=True),
            *text_problems({"address": self.address, "notes": self.notes}),
            *email_problems(self.email),
        ]
        if findings:
            raise InputError(findings)

    def as_dict(self) -> dict[str, str]:
        """Return the customer as plain values."""
        return asdict(self)


def keep_customer(store: Store, customer: Customer, *, by: str) -> Customer:
    """Add a customer, or bring one of the same name and company up to date.

    Raises
    ------
    AccessError
        If who acts is a user who may only look.
    """
    with store.write() as session:
        authorise(session, by, Role.ANALYST)
        keep_customer_row(session, store, customer, by)
    return customer


def keep_customer_row(session: Session, store: Store, customer: Customer, by: str) -> CustomerRow:
    """Add or update a customer within a transaction; empty fields leave what is known."""
    given = {name: text.strip() for name, text in customer.as_dict().items() if text.strip()}
    keys = {"name_key": name_key(customer.name), "company_key": name_key(customer.company)}
    # Two who add the same customer at once: the second waits here, and finds the first's.
    added = session.execute(
        insert(session, CustomerRow)
        .values(**given, **keys, made_at=store.clock(), made_by=by)
        .on_conflict_do_nothing(index_elements=list(keys))
        .returning(CustomerRow.id)
    ).scalar_one_or_none()
    row = session.scalars(select(CustomerRow).filter_by(**keys)).one()
    changed = {name: text for name, text in given.items() if added or getattr(row, name) != text}
    for name, text in changed.items():
        setattr(row, name, text)
    session.flush()
    if changed:
        record(
            session, at=store.clock(), who=by, action="added" if added else "changed",
            kind="customer", subject=str(row.id), details=changed,
        )  # fmt: skip
    return row


def meant_customer(session: Session, customer: Customer) -> Customer:
    """Return the customer that is meant: by name alone the one that is known by it.

    Raises
    ------
    InputError
        If no company is named and several customers have the name.
    """
    if customer.company:
        return customer
    same = select(CustomerRow).where(CustomerRow.name_key == name_key(customer.name))
    rows = session.scalars(same.order_by(CustomerRow.company_key)).all()
    if len(rows) > 1:
        firms = ", ".join(f'"{row.company}"' for row in rows)
        raise InputError(
            Finding(
                f'Several customers are called "{customer.name}".', f"Add the company: {firms}."
            )
        )
    return replace(customer, company=rows[0].company) if rows else customer


def list_customers(store: Store) -> tuple[Customer, ...]:
    """Return all customers by name and company."""
    statement = select(CustomerRow).order_by(CustomerRow.name_key, CustomerRow.company_key)
    with store.read() as session:
        return tuple(map(customer_of, session.scalars(statement)))


def customer_of(row: CustomerRow) -> Customer:
    """Return the record of a row."""
    return Customer(row.name, row.company, row.email, row.phone, row.address, row.notes)
