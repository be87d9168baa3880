-- Makes the tables of a database that `orders` has just made, and which are empty, partitioned ones: as they are, but orders and
-- events lie in four tables each, by a hash of the order. Nothing in `orders` knows of it. doc/scale.md says what that is for.
BEGIN;
ALTER TABLE orders RENAME TO whole_orders;
ALTER TABLE events RENAME TO whole_events;
-- In PostgreSQL 15 identity columns do not work with partitions; a sequence of that name does the same.
ALTER TABLE whole_orders ALTER id DROP IDENTITY;
ALTER TABLE whole_events ALTER id DROP IDENTITY;
CREATE SEQUENCE orders_id_seq;
CREATE SEQUENCE events_id_seq;
CREATE TABLE orders (LIKE whole_orders INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES) PARTITION BY HASH (id);
-- What is unique must be so within a partition: the key of events takes the order in.
CREATE TABLE events (LIKE whole_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
                     PRIMARY KEY (transaction, id, order_id), UNIQUE (order_id, version)) PARTITION BY HASH (order_id);
ALTER TABLE orders ALTER id SET DEFAULT nextval('orders_id_seq');
ALTER TABLE events ALTER id SET DEFAULT nextval('events_id_seq');
ALTER SEQUENCE orders_id_seq OWNED BY orders.id;
ALTER SEQUENCE events_id_seq OWNED BY events.id;
DO $$
BEGIN
  FOR i IN 0..3 LOOP
    EXECUTE format('CREATE TABLE orders_%s PARTITION OF orders FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
    EXECUTE format('CREATE TABLE events_%s PARTITION OF events FOR VALUES WITH (MODULUS 4, REMAINDER %s)', i, i);
  END LOOP;
END $$;
DROP TABLE whole_orders, whole_events;
COMMIT;
