"""Databases of any size, made by the database itself: what `orders` would have written, had it taken that many orders.

Of N orders, each customer has 20 and each of 200 restaurants N / 200, mixed throughout; the newest tenth is pending, the tenth
before is cancelled, all others are delivered. One menu in ten is 떡볶이, and five orders are for 송로버섯. Each has its event.
"""
import sqlite3

import servers

BEGIN_S = 1_700_000_000  # when the first was made; one a second since
RESTAURANTS = 200
ORDERS_OF_A_CUSTOMER = 20
RARE = 5

# i: the id; {n}: how many; in what both databases understand.
COLUMNS = """i, '손님' || (i % ({n} / {each})), '식당' || (i % {restaurants}),
  CASE WHEN i % ({n} / {rare}) = 7 THEN '송로버섯' WHEN i % 10 = 0 THEN '떡볶이' ELSE '김밥' || (i % 97) END, 1 + i % 4,
  9000 + i % 30000, '서울시 마포구 ' || i, CASE WHEN i <= {n} * 8 / 10 THEN 'delivered' WHEN i <= {n} * 9 / 10 THEN 'cancelled' ELSE 'pending' END"""
NAMES = "id, customer_name, restaurant_name, menu, quantity, total_price, delivery_address, status, created_at, updated_at, version"
EVENT_NAMES = "order_id, kind, to_status, version, role, name, at, customer_name"
EVENT_COLUMNS = "id, 'created', status, 1, 'customer', '', created_at, customer_name"


def columns(size):
    return COLUMNS.format(n=size, each=ORDERS_OF_A_CUSTOMER, restaurants=RESTAURANTS, rare=RARE)


def fill_sqlite(orders, path, size):
    servers.load_orders(orders, path, 1)  # its tables
    with sqlite3.connect(path) as database:
        database.executescript(f"""
PRAGMA synchronous = OFF;
PRAGMA cache_size = -500000;
BEGIN;
DELETE FROM orders; DELETE FROM events;
WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {size})
INSERT INTO orders ({NAMES})
SELECT {columns(size)}, ({BEGIN_S} + i) * 1000000, ({BEGIN_S} + i) * 1000000, 1 FROM numbers;
INSERT INTO events ({EVENT_NAMES}) SELECT {EVENT_COLUMNS} FROM orders ORDER BY id;
COMMIT;
PRAGMA wal_checkpoint(TRUNCATE);""")
    database.close()


def fill_postgres(orders, cluster, database, size, tables="SELECT"):
    """`tables` is SQL for the tables, while they are empty."""
    cluster.execute(f"CREATE DATABASE {database}")
    servers.load_orders(orders, cluster.url(database), 1)
    cluster.execute("TRUNCATE orders, events RESTART IDENTITY", database)
    cluster.execute(tables, database)
    cluster.execute(f"""
INSERT INTO orders ({NAMES})
SELECT {columns(size)}, to_timestamp({BEGIN_S} + i), to_timestamp({BEGIN_S} + i), 1 FROM generate_series(1, {size}) AS i;
INSERT INTO events ({EVENT_NAMES}) SELECT {EVENT_COLUMNS} FROM orders ORDER BY id;
SELECT setval('orders_id_seq', {size});""", database)
    cluster.execute("VACUUM ANALYZE", database)
