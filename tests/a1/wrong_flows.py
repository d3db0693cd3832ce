"""Programs that are wrong in the values that flow through them, each with the one code expected and its place."""

from __future__ import annotations

from pydantic import BaseModel

from tests.a1.right_programs import MATH_HEAD
from tests.a1.verify_agents import MATH, Line, spec_of


class Cart(BaseModel):
    lines: list[Line]
    note: str | None = None


CART = spec_of("cart", {"items": list[str], "cart": Cart}, int)
CART_HEAD = "async def cart(items: list[str], cart: Cart) -> int:\n"

MATH_FLOW_LINES = [
    ("division-by-zero", "x = «1 / 0»"),
    ("division-by-zero", "x = «7 % 0»"),
    ("division-by-zero", "x = «precision // (5 - 5)»"),
    ("division-by-zero", "n = 0\n    x = «precision / n»"),
    ("constraint-violation", "LIMIT = 5\n    depth = LIMIT * -3\n    x = await root(x=«depth»)"),
    ("constraint-violation", "precision = -1\n    x = await root(x=«precision»)"),
    ("constraint-violation", "op = f\"{'ad'}{'dd'}\"\n    x = await calculate(op=«op», a=1, b=2)"),
    ("constraint-violation", "x = [await root(x=«n») for n in (-1, -2)]"),
    ("constraint-violation", "op = 'add' if precision else «'plus'»\n    x = await calculate(op=op, a=1, b=2)"),
    ("constraint-violation", "kw = {'op': 'nope', 'a': 1, 'b': 2}\n    x = await calculate(**«kw»)"),
    ("constraint-violation", "x = await root(x=«-len(problem) - 1»)"),
    ("wrong-argument-type", "x = await llm('how many?', output_schema=«'int'»)"),
    ("wrong-argument-type", "x = await llm('how many?', «{'type': 'integer'}»)"),
    ("unchecked-call", "kw = json.loads(problem)\n    x = await add(**«kw»)"),
    ("unchecked-call", "x = await add(«*map(int, problem.split())»)"),
    ("missing-argument", "kw = {'a': 1}\n    x = await add(**«kw»)"),
    ("unknown-argument", "kw = {'a': 1, 'b': 2, 'c': 3}\n    x = await add(**«kw»)"),
    ("awaited-twice", "t = root(x=1)\n    x = await t\n    y = «await t»"),
    ("awaited-twice", "t = root(x=1)\n    for n in range(3):\n        x = «await t»"),
    (
        "awaited-twice",
        "ts = [root(x=1), root(x=2)]\n    x = await asyncio.gather(*ts)\n    y = await asyncio.gather(«*ts»)",
    ),
    ("missing-await", "ts = [«add(a=n, b=1)» for n in range(3)]\n    x = len(ts)"),
    ("never-ends", "«while True:»\n        x = await add(a=1, b=2)".replace("add(a=1, b=2)", "add(a=1, b=2)")),
    ("never-ends", "n = 0\n    «while n < 5:»\n        x = await add(a=n, b=1)"),
    ("never-ends", "n = 5\n    «while n < 10:»\n        n -= 1"),
    ("never-ends", "n = 0\n    «while True:»\n        if n > 5:\n            break\n        x = await add(a=n, b=1)"),
    ("never-ends", "import itertools\n    «for n in itertools.count():»\n        x = await add(a=n, b=1)"),
    ("never-ends", "xs = [1]\n    «for x in xs:»\n        xs.append(x)"),
    (
        "never-ends",
        "i = 0\n    words = problem.split()\n    «while i < len(words):»\n        if not words[i]:\n"
        "            continue\n"
        "        i += 1",
    ),
    ("endless-recursion", "def f(n: int) -> int:\n        return «f(n - 1)»\n    x = f(3)"),
    (
        "endless-recursion",
        "def f(n: int) -> int:\n        if n <= 0:\n            return 0\n        return «f(n)» + 1\n    x = f(3)",
    ),
    (
        "endless-recursion",
        "def f(n: int) -> int:\n        if n <= 0:\n            return 0\n        return «f(n + 1)» + 1\n    x = f(3)",
    ),
    ("endless-recursion", "x = await «math_agent(problem, precision)»"),
    ("swallowed-exception", "try:\n        x = await root(x=1)\n    «except Exception:»\n        x = 0"),
    ("swallowed-exception", "try:\n        x = await root(x=1)\n    «except:»\n        pass"),
    ("swallowed-exception", "try:\n        x = await root(x=1)\n    «except Exception:»\n        ..."),
    ("swallowed-exception", "try:\n        x = await root(x=1)\n    «except Exception:»\n        print('failed')"),
    (
        "swallowed-exception",
        "try:\n        x = await root(x=1)\n    «except Exception:»\n        return MathOutput(answer=0)",
    ),
    (
        "swallowed-exception",
        "xs = []\n    try:\n        xs.append(await root(x=1))\n    «except Exception:»\n        xs.append(0.0)\n"
        "    x = sum(xs)",
    ),
    (
        "swallowed-exception",
        "lost = []\n    try:\n        x = await root(x=1)\n    «except Exception:»\n        lost.append(problem)",
    ),
    ("swallowed-exception", "try:\n        x = await root(x=1)\n    finally:\n        «return MathOutput(answer=1)»"),
    ("impossible-comparison", "if precision == «'2'»:\n        pass"),
    ("impossible-comparison", "x = await add(a=1, b=2)\n    if x == «'3'»:\n        pass"),
    ("impossible-comparison", "out = MathOutput(answer=1)\n    if out == «'done'»:\n        pass"),
    ("index-out-of-bounds", "xs: list[int] = []\n    x = «xs[0]»"),
    ("index-out-of-bounds", "xs = problem.split()\n    if not xs:\n        x = «xs[0]»"),
    ("index-out-of-bounds", "x = «max([])»"),
    ("unknown-key", "table = {'one': 1, 'two': 2}\n    x = table[«'tow'»]"),
    ("unknown-key", "data = MathOutput(answer=1).model_dump()\n    x = data[«'anser'»]"),
    ("unbound-name", "x = [«total_so_far»]\n    total_so_far = 1"),
    ("wrong-format", 'x = f"{«problem»:.2f}"'),
    ("no-effect", "«problem.strip()»"),
    ("no-effect", "x = precision\n    «x == 3»"),
    ("empty-loop", "for n in «range(0)»:\n        print(n)"),
    ("wrong-argument-type", "x = json.dumps(«MathOutput(answer=1)»)"),
]

ORDERS_FLOW_LINES = [
    ("impossible-comparison", "r = Report(orders=[], total=0)\n    if r.status == «'okay'»:\n        pass"),
    ("impossible-comparison", "c = await find_customer(customer)\n    if c and c.tier == «'silver'»:\n        pass"),
    (
        "impossible-comparison",
        "c = await find_customer(customer)\n    if c and c.tier in («'golden'», 'basic'):\n        pass",
    ),
    (
        "impossible-comparison",
        "c = await find_customer(customer)\n    if c and c.tier.value.upper() == «'gold'»:\n        pass",
    ),
    ("unknown-key", "r = Report(orders=[], total=0)\n    x = {'done': 1, 'failed': 2}[«r.status»]"),
    (
        "constraint-violation",
        "lines: list[Line] = []\n    x = Order(id=1, customer=Customer(id=1, name='a'), lines=«lines»)",
    ),
    ("missing-key", "data = {'id': 1, 'nme': 'a'}\n    x = await create_order(customer=«data», lines=[])"),
]

ENUMS_FLOW_LINES = [
    ("impossible-comparison", "if kind == «'c'»:\n        pass"),
    ("impossible-comparison", "if (await classify(text)) == «'red'»:\n        pass"),
    ("impossible-comparison", "match kind:\n        case «'A'»:\n            pass"),
    ("constraint-violation", "x = Color(«'purple'»)"),
    (
        "constraint-violation",
        "tags = []\n    tags.append(«'feat'»)\n    tags.append('bug')\n    x = await label(Color.RED, tags)",
    ),
]

FLOW_WHOLE = [
    ("mutated-input", CART, CART_HEAD + "    «items.append('x')»\n    return len(items)\n"),
    ("mutated-input", CART, CART_HEAD + "    rows = items\n    «rows.sort()»\n    return len(rows)\n"),
    ("mutated-input", CART, CART_HEAD + "    «items += ['x']»\n    return len(items)\n"),
    (
        "mutated-input",
        CART,
        CART_HEAD + "    for line in list(cart.lines):\n        «line.quantity» = 1\n    return len(items)\n",
    ),
    ("mutated-input", CART, CART_HEAD + "    «cart.note» = 'x'\n    return len(items)\n"),
    ("too-large", MATH, "«»" + MATH_HEAD + "    # nothing\n" * 2001 + "    return MathOutput(answer=precision)\n"),
    (
        "too-large",
        MATH,
        MATH_HEAD
        + "".join(f"{'    ' * n}if precision > {n}:\n" for n in range(1, 20))
        + f"{'    ' * 20}«pass»\n    return MathOutput(answer=precision)\n",
    ),
    (
        "endless-recursion",
        CART,
        "def even(n):\n    return «odd(n)»\n\n\ndef odd(n):\n    return even(n)\n\n\n"
        + CART_HEAD
        + "    return even(len(items))\n",
    ),
]
