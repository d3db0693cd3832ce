CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, city TEXT NOT NULL);
CREATE TABLE products (sku TEXT PRIMARY KEY, title TEXT NOT NULL, price_cents INTEGER NOT NULL CHECK (price_cents >= 0));
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    sku TEXT NOT NULL REFERENCES products (sku),
    quantity INTEGER NOT NULL CHECK (quantity > 0)
);
INSERT INTO customers VALUES (1, 'Ada Lovelace', 'London'), (2, 'Grace Hopper', 'New York'), (3, 'Alan Turing', 'Manchester');
INSERT INTO products VALUES
    ('gear', 'Brass gear', 1250),
    ('card', 'Punched cards, 100', 400),
    ('tape', 'Paper tape, 50 m', 1999);
INSERT INTO orders VALUES (10, 1, 'gear', 4), (11, 1, 'card', 2), (12, 2, 'tape', 1), (13, 2, 'card', 5), (14, 2, 'gear', 1);
