"""Programs that are right, in many styles: no verifier may refuse one of them."""

from __future__ import annotations

from tests.a1.right_flows import ENUMS_FLOW, MATH_FLOW, ORDERS_FLOW, TEXT_FLOW
from tests.a1.verify_agents import ENUMS, MATH, ORDERS, TEXT

MATH_HEAD = "async def math_agent(problem: str, precision: int = 2) -> MathOutput:\n"
ORDERS_HEAD = "async def orders(customer: str, limit: int = 10) -> Report:\n"
TEXT_HEAD = "async def writer(topic: str) -> str:\n"
ENUMS_HEAD = "async def triage(text: str, kind: Literal['a', 'b']) -> Triage:\n"

MATH_BODIES = {
    "keywords": """
    result = await add(a=2, b=2)
    return MathOutput(answer=result)
""",
    "positions": """
    return MathOutput(answer=await add(1, 2), steps=["add"])
""",
    "gather": """
    x, y = await asyncio.gather(add(a=1, b=2), calculate(op="mul", a=2, b=3))
    return MathOutput(answer=x + y)
""",
    "gather of a comprehension": """
    numbers = [int(n) for n in re.findall(r"\\d+", problem)]
    sums = await asyncio.gather(*[add(a=n, b=1) for n in numbers])
    return MathOutput(answer=sum(sums), steps=[f"{n} + 1 = {s}" for n, s in zip(numbers, sums)])
""",
    "gather of a variable": """
    tasks = [add(a=n, b=1) for n in range(3)]
    results = await asyncio.gather(*tasks)
    return MathOutput(answer=max(results))
""",
    "gather of an appended list": """
    tasks = []
    for n in range(3):
        tasks.append(add(a=n, b=1))
    tasks.append(add(a=9, b=9))
    results = await asyncio.gather(*tasks)
    return MathOutput(answer=float(sum(results)))
""",
    "awaited later": """
    first = add(a=1, b=2)
    second = add(a=3, b=4)
    a = await first
    b = await second
    return MathOutput(answer=a * b)
""",
    "a str variable for a literal": """
    operators = {"+": "add", "-": "sub"}
    op = operators.get(problem[:1], "mul")
    value = await calculate(op=op, a=1, b=2.5)
    return MathOutput(answer=round(value, precision))
""",
    "a literal by branches": """
    if "plus" in problem:
        op = "add"
    elif "minus" in problem:
        op = "sub"
    else:
        op = "mul"
    return MathOutput(answer=await calculate(op, 1, 2))
""",
    "an optional result, guarded": """
    pi = await lookup(name="pi")
    if pi is None:
        return MathOutput(answer=0)
    return MathOutput(answer=pi * 2)
""",
    "an optional result, or": """
    pi = await lookup(name="pi") or 3.14
    return MathOutput(answer=pi * 2)
""",
    "an optional result, walrus": """
    if (pi := await lookup(name="pi")) is not None and pi > 3:
        return MathOutput(answer=pi)
    return MathOutput(answer=-1.0)
""",
    "an optional result, conditional expression": """
    pi = await lookup("pi")
    return MathOutput(answer=pi if pi is not None else 0.0)
""",
    "an optional result, truth and early raise": """
    pi = await lookup("pi")
    if not pi:
        raise ValueError("no pi")
    return MathOutput(answer=pi + 1)
""",
    "helpers nested and beside": """
    def square(x: float) -> float:
        return x * x

    async def twice(n: int) -> int:
        return await add(a=n, b=n)

    doubled = await twice(3)
    return MathOutput(answer=square(doubled) + await root(x=4))
""",
    "try around a tool": """
    try:
        value = await root(x=float(problem))
    except ValueError:
        value = 0.0
    except (KeyError, ZeroDivisionError) as error:
        value = float(len(str(error)))
    finally:
        print("done")
    return MathOutput(answer=value)
""",
    "json": """
    text = await llm(f"Give JSON for {problem}")
    data = json.loads(text)
    values = [float(v) for v in data["values"]]
    return MathOutput(answer=await total(values=values, mode=data.get("mode", "sum")), steps=data["steps"])
""",
    "match": """
    match problem.split():
        case [left, "+", right]:
            answer = await add(a=int(left), b=int(right))
        case [one]:
            answer = int(one)
        case _:
            answer = 0
    return MathOutput(answer=answer)
""",
    "own imports": """
    import math
    from collections import Counter, defaultdict
    groups = defaultdict(list)
    for word in problem.split():
        groups[len(word)].append(word)
    counted = Counter(problem)
    common, count = counted.most_common(1)[0]
    longest = max(groups, key=lambda size: len(groups[size]))
    return MathOutput(answer=math.sqrt(longest) + count, steps=[*groups[longest], common])
""",
    "int for float, list of int for list of float": """
    values = [1, 2, 3]
    a = await total(values)
    b = await total(values=[n / 2 for n in values], mode="mean")
    c = await total((1, 2.5))
    return MathOutput(answer=a + b + c)
""",
    "llm with a type": """
    number = await llm("How many?", output_schema=int)
    yes = await llm(f"Is {number} even?", output_schema=bool)
    names = await llm("Which?", output_schema=list[str])
    kind = await llm("Which kind?", output_schema=Literal["add", "sub"])
    if yes:
        number += 1
    return MathOutput(answer=await calculate(op=kind, a=number, b=len(names)), steps=names)
""",
    "llm with the output's own schema": """
    return await llm(problem, output_schema=MathOutput)
""",
    "a loop of tools": """
    content = problem
    turn = await llm(content, tools=[add, root], output_schema=MathOutput)
    for _ in range(5):
        if not turn.calls:
            break
        results = await asyncio.gather(*[run_tool(call) for call in turn.calls])
        turn = await llm([str(r) for r in results], tools=[add, root], output_schema=MathOutput, after=turn)
    return turn.output
""",
    "bounded recursion": """
    async def count(n: int) -> int:
        if n <= 0:
            return 0
        return await add(a=1, b=await count(n - 1))

    return MathOutput(answer=await count(3))
""",
    "a while loop": """
    x = 1.0
    while x < 10:
        x = await calculate(op="mul", a=x, b=2)
        if x == 5:
            continue
    else:
        x += 1
    return MathOutput(answer=x, steps=[])
""",
    "a mutated result": """
    out = MathOutput(answer=0)
    out.steps.append("start")
    out.answer = await root(x=2)
    out.answer += 1
    return out
""",
    "sorted, next, any, enumerate": """
    parts = sorted(problem.split(), key=lambda p: (len(p), p), reverse=True)
    first = next((p for p in parts if p.isdigit()), None)
    index = {p: i for i, p in enumerate(parts)}
    ok = any(p.startswith("x") for p in parts) and all(parts)
    answer = int(first) if first is not None else index.get("x", 0)
    return MathOutput(answer=answer if ok else 0, steps=parts[:2])
""",
    "keyword dict": """
    arguments = {"a": 1, "b": 2}
    return MathOutput(answer=await add(**arguments))
""",
    "a class and a dataclass of its own": """
    @dataclass
    class Point:
        x: int = 0

    point = Point(x=3)
    return MathOutput(answer=await add(a=point.x, b=1))
""",
    "model_copy and model_dump": """
    out = MathOutput(answer=len(problem), steps=["a"])
    data = out.model_dump()
    copy = out.model_copy(update={"answer": 2})
    return MathOutput(answer=copy.answer + data["answer"])
""",
    "builtins that the checker does not know": """
    numbers = [*map(float, problem.split())]
    return MathOutput(answer=sum(filter(None, numbers)))
""",
    "modules that the sandbox adds": """
    import operator
    from statistics import mean, median as middle
    operators = {"+": operator.add}
    value = await add(a=operators["+"](1, 2), b=1)
    return MathOutput(answer=await root(x=mean([1, value]) + middle([1])))
""",
    "a table of tools": """
    table = {"add": add}
    calls = {n: lookup(name=n) for n in problem.split()}
    values = dict(zip(calls, await asyncio.gather(*calls.values())))
    return MathOutput(answer=await table["add"](a=1, b=2) + (values.get("x") or 0))
""",
    "a result found in a loop": """
    answer = None
    for n in range(3):
        try:
            answer = await root(x=n)
            break
        except Exception as error:
            print(error)
    if answer is None:
        answer = 0.0
    return MathOutput(answer=answer)
""",
    "global": """
    global seen
    seen = precision
    return MathOutput(answer=seen)
""",
}

ORDERS_BODIES = {
    "nested models": """
    found = await find_customer(name=customer)
    if found is None:
        return Report(orders=[], total=0, status="empty")
    placed = await list_orders(customer_id=found.id, limit=limit)
    best = max(placed, key=lambda o: o.total) if placed else None
    return Report(orders=[o.id for o in placed], total=sum(o.total for o in placed), best=best)
""",
    "constructed": """
    buyer = Customer(id=1, name=customer, tier=Tier.GOLD)
    lines = [Line(sku="ABC-1", quantity=2), Line(sku="ABC-2", quantity=1, price=9.5)]
    order = await create_order(customer=buyer, lines=lines, priority="high")
    await send_email(to=buyer.email or "nobody@example.org", subject="Hi", body=f"{order.id:05d}")
    return Report(orders=[order.id], total=order.total, best=order, status="ok")
""",
    "dicts for nested models": """
    order = await create_order(customer={"id": 1, "name": "x"}, lines=[{"sku": "ABC-1", "quantity": 1}])
    return Report(orders=[order.id], total=1)
""",
    "enum comparisons": """
    found = await find_customer(customer)
    if found and (found.tier == Tier.GOLD or found.tier.value == "gold" or found.tier == "gold"):
        return Report(orders=[found.id], total=0)
    return Report(orders=[], total=0.0, status="empty")
""",
    "several optionals": """
    first, second = await asyncio.gather(get_order(order_id=1), get_order(order_id=2))
    present = [o for o in (first, second) if o is not None]
    notes = [o.note.upper() for o in present if o.note]
    day = present[0].placed if present else None
    when = day.isoformat() if day else "never"
    print(notes, when)
    return Report(orders=[o.id for o in present], total=sum(len(o.lines) for o in present))
""",
    "dict results": """
    counts = await stock(skus=["A", "B"])
    low = {sku: n for sku, n in counts.items() if n < 5}
    worst = min(counts, key=counts.get) if counts else ""
    status = "ok" if low else "empty"
    return Report(orders=list(low.values()), total=counts.get(worst, 0), status=status)
""",
    "annotated locals": """
    result: List[int] = []
    by_sku: Dict[str, List[Line]] = {}
    best: Optional[Order] = None
    for order in await list_orders(customer_id=1):
        result.append(order.id)
        for line in order.lines:
            by_sku.setdefault(line.sku, []).append(line)
        if best is None or order.total > best.total:
            best = order
    return Report(orders=result, total=float(len(by_sku)), best=best)
""",
    "the latest by an optional day": """
    rows = await list_orders(customer_id=1)
    latest = max((o for o in rows if o.placed), key=lambda o: o.placed, default=None)
    return Report(orders=[o.id for o in rows], total=0.0, best=latest)
""",
    "assert and in": """
    order = await get_order(order_id=7)
    assert order is not None, "no order"
    if "VIP" in (order.note or ""):
        await send_email(order.customer.name, "VIP", body="\\n".join(f"- {l.sku}" for l in order.lines))
    return Report(orders=[order.id], total=order.total)
""",
    "a helper at the top level": None,
}

HELPER = '''
"""Reports the orders."""
from __future__ import annotations
import asyncio
from typing import List, Optional

TOP = 3


def value(line: Line) -> float:
    return line.price * line.quantity


async def orders(customer: str, limit: int = 10) -> "Report":
    """Do it."""
    found: Optional[Customer] = await find_customer(name=customer)
    if not found:
        return Report(orders=[], total=0.0, status="empty")
    rows: List[Order] = await list_orders(customer_id=found.id)
    worth = sum(value(line) for row in rows[:TOP] for line in row.lines)
    return Report(orders=[row.id for row in rows], total=worth)
'''

TEXT_BODIES = {
    "text": """
    return await llm(f"Write about {topic}")
""",
    "own schema of a model": """
    summary = await llm_2(f"Summarise {topic}")
    return summary.title + ": " + "; ".join(summary.points)
""",
    "a given schema": """
    pages = await asyncio.gather(*[fetch(url=u) for u in await search(query=topic)])
    summary = await llm("\\n\\n".join(pages), output_schema=Summary)
    if summary.score > 0.5:
        return summary.title
    return str(summary.score)
""",
    "list of schemas": """
    found = await llm(topic, output_schema=list[Summary])
    best = max(found, key=lambda s: s.score, default=None)
    return best.title if best else "nothing"
""",
    "any": """
    data = await raw(path=topic)
    if isinstance(data, dict) and "text" in data:
        return data["text"]
    return json.dumps(data, indent=2)
""",
    "parallel models": """
    one, two = await asyncio.gather(llm("a"), llm("b", output_schema=Summary))
    return f"{one.strip()} {two.title!r:>10}"
""",
    "an optional schema": """
    maybe = await llm(topic, output_schema=Summary | None)
    return maybe.title if maybe else ""
""",
}

ENUMS_BODIES = {
    "enums": """
    color, level = await asyncio.gather(classify(text=text), severity(text=text, hint=Level.LOW))
    tags = ["bug"]
    if color is Color.RED:
        tags.append("feature")
    await label(color=color, tags=tags)
    return Triage(level=level, color=color, tags=tags)
""",
    "enum by value and name": """
    color = Color("red") if kind == "a" else Color["BLUE"]
    names = [c.name for c in Color]
    level = Level.HIGH if len(names) > 1 else Level(1)
    await label(color="red", tags=["bug", "feature"], box=Box(2, height=3))
    return Triage(level=level, color=color.value, tags=[])
""",
    "typed dicts": """
    found = await flags(text=text)
    level = Level.HIGH if found["urgent"] else Level.LOW
    tags = [found["label"]] if found["label"] in ("bug", "feature") else []
    return Triage(level=level, color=Color.RED, tags=tags)
""",
    "opaque values": """
    thing = await handle(name=text)
    answer = await use(thing=thing, day="2024-01-31")
    again = await use(thing, datetime.date(2024, 1, 31))
    return Triage(level=1, color="blue" if answer == again else "red", tags=["bug"])
""",
    "match on an enum": """
    match await classify(text):
        case Color.RED:
            return Triage(level=Level.HIGH, color=Color.RED)
        case Color.BLUE:
            return Triage(level=Level.LOW, color=Color.BLUE)
    return Triage(level=Level.LOW, color=Color.RED)
""",
    "maps of enums": """
    weights = {Color.RED: 2, Color.BLUE: 1}
    level = Level.HIGH if weights[await classify(text)] > 1 else Level.LOW
    return Triage(level=level, color=max(weights, key=lambda c: weights[c]))
""",
}

RIGHT = [
    *((f"math: {name}", MATH, MATH_HEAD + body) for name, body in MATH_BODIES.items()),
    *((f"orders: {name}", ORDERS, ORDERS_HEAD + body if body else HELPER) for name, body in ORDERS_BODIES.items()),
    *((f"text: {name}", TEXT, TEXT_HEAD + body) for name, body in TEXT_BODIES.items()),
    *((f"enums: {name}", ENUMS, ENUMS_HEAD + body) for name, body in ENUMS_BODIES.items()),
    *((f"math: {name}", MATH, MATH_HEAD + body) for name, body in MATH_FLOW.items()),
    *((f"orders: {name}", ORDERS, ORDERS_HEAD + body) for name, body in ORDERS_FLOW.items()),
    *((f"text: {name}", TEXT, TEXT_HEAD + body) for name, body in TEXT_FLOW.items()),
    *((f"enums: {name}", ENUMS, ENUMS_HEAD + body) for name, body in ENUMS_FLOW.items()),
    (
        "math: no annotations",
        MATH,
        "async def math_agent(problem, precision=2):\n    return MathOutput(answer=await add(a=1, b=2))\n",
    ),
    (
        "math: own annotation",
        MATH,
        "async def math_agent(problem: str, *, precision: int) -> 'MathOutput':\n"
        "    return MathOutput(answer=precision)\n",
    ),
    (
        "math: keywords",
        MATH,
        "async def math_agent(**inputs: Any):\n    return MathOutput(answer=len(inputs['problem']))\n",
    ),
]
"""Name, spec, program."""
RIGHT = [
    (name, spec, "from dataclasses import dataclass\n" + program if "@dataclass" in program else program)
    for name, spec, program in RIGHT
]
