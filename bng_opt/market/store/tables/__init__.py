"""The tables of the store, as SQLAlchemy maps them.

Keys, uniqueness, checks and foreign keys stand in the schema itself, so that no program can
write what breaks them. Money is whole pence, units are whole ten-thousandths.
"""

from bng_opt.market.store.tables.base import Table
from bng_opt.market.store.tables.deal import (
    CounterRow,
    DocumentRow,
    LineKind,
    QuoteLineRow,
    QuoteRow,
    QuoteState,
    ReservationLineRow,
    ReservationRow,
    ReservationState,
    RevisionRow,
)
from bng_opt.market.store.tables.log import AuditRow, JobRow, JobState, JobSubmitterRow, ResultRow
from bng_opt.market.store.tables.market import (
    BankRow,
    HabitatAliasRow,
    ParcelRow,
    PriceListRow,
    PriceRowRow,
    SnapshotRow,
    StockRow,
)
from bng_opt.market.store.tables.people import (
    ApiKeyRow,
    CustomerRow,
    DiscountKind,
    IntroducerRow,
    Role,
    UserRow,
)
from bng_opt.market.store.tables.schedules import (
    DeliveryKind,
    DeliveryRow,
    DeliveryState,
    ScheduledRunRow,
    ScheduledRunState,
    ScheduleRow,
)

__all__ = [
    "ApiKeyRow",
    "AuditRow",
    "BankRow",
    "CounterRow",
    "CustomerRow",
    "DeliveryKind",
    "DeliveryRow",
    "DeliveryState",
    "DiscountKind",
    "DocumentRow",
    "HabitatAliasRow",
    "IntroducerRow",
    "JobRow",
    "JobState",
    "JobSubmitterRow",
    "LineKind",
    "ParcelRow",
    "PriceListRow",
    "PriceRowRow",
    "QuoteLineRow",
    "QuoteRow",
    "QuoteState",
    "ReservationLineRow",
    "ReservationRow",
    "ReservationState",
    "ResultRow",
    "RevisionRow",
    "Role",
    "ScheduleRow",
    "ScheduledRunRow",
    "ScheduledRunState",
    "SnapshotRow",
    "StockRow",
    "Table",
    "UserRow",
]
