"""An invoice from a SQLite database, composed from the types alone: no model writes or runs anything here.

    a1 run examples/orders.py --customer_name "Ada Lovelace"

The program under `.a1/invoice/` chains the tools, looks the lines up in parallel, and builds the result.
"""

import sqlite3
from pathlib import Path

from pydantic import BaseModel, Field

from a1 import Agent

DATA = Path(__file__).parent / "data"


class Customer(BaseModel):
    id: int
    name: str
    city: str


class Order(BaseModel):
    id: int
    customer_id: int
    sku: str
    quantity: int = Field(gt=0)


class Line(BaseModel):
    """One order with its product and what it costs."""

    order_id: int
    title: str
    quantity: int
    total_cents: int


class InvoiceInput(BaseModel):
    customer_name: str = Field(description="Full name, as in the database", min_length=1)


class Invoice(BaseModel):
    customer: Customer
    lines: list[Line]


def _rows(query: str, *values: object) -> list[dict[str, object]]:
    database = DATA / "shop.db"
    if not database.exists():
        with sqlite3.connect(database) as connection:
            connection.executescript((DATA / "shop.sql").read_text())
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query, values)]


def find_customer(customer_name: str) -> Customer:
    """Find a customer by full name."""
    rows = _rows("SELECT id, name, city FROM customers WHERE name = ?", customer_name)
    if not rows:
        known = ", ".join(str(row["name"]) for row in _rows("SELECT name FROM customers ORDER BY name"))
        raise LookupError(f"there is no customer {customer_name!r}; there are {known}")
    return Customer.model_validate(rows[0])


def find_orders(customer: Customer) -> list[Order]:
    """List a customer's orders, oldest first."""
    rows = _rows("SELECT id, customer_id, sku, quantity FROM orders WHERE customer_id = ? ORDER BY id", customer.id)
    return [Order.model_validate(row) for row in rows]


def price_line(order: Order) -> Line:
    """Look up the product of an order and multiply its price."""
    product = _rows("SELECT title, price_cents FROM products WHERE sku = ?", order.sku)[0]
    total = int(str(product["price_cents"])) * order.quantity
    return Line(order_id=order.id, title=str(product["title"]), quantity=order.quantity, total_cents=total)


invoice = Agent(
    name="invoice",
    description="Make out the invoice of a customer.",
    input_schema=InvoiceInput,
    output_schema=Invoice,
    tools=[find_customer, find_orders, price_line],
)
