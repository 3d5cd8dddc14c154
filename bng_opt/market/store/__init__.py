"""The store: banks, stock, prices, customers, quotes and reservations in a database.

SQLite in one file by default, PostgreSQL by its URL; the same tables and rules on both.
"""

from bng_opt.market.store.database import Store, is_store_url, open_store, store_url

__all__ = ["Store", "is_store_url", "open_store", "store_url"]
