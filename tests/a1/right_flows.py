"""Right programs that test the flow of values: guards of every form, copies, loops and recursion that end."""

from __future__ import annotations

MATH_FLOW = {
    "a mean with a guard": """
    numbers = [float(n) for n in re.findall(r"\\d+", problem)]
    if not numbers:
        return MathOutput(answer=0.0, steps=["no numbers"])
    mean = sum(numbers) / len(numbers)
    return MathOutput(answer=mean, steps=[f"{max(numbers)} {min(numbers)} {numbers[0]}"])
""",
    "a mean with an inline guard": """
    numbers = [int(n) for n in problem.split() if n.isdigit()]
    count = len(numbers)
    mean = sum(numbers) / count if count else 0
    top = numbers[0] if count > 0 else 0
    last = numbers[-1] if len(numbers) != 0 else 0
    return MathOutput(answer=mean + top + last + await root(x=max(count, 1)))
""",
    "a guard kept in a name": """
    parts = problem.split()
    has_parts = len(parts) >= 2
    if has_parts:
        return MathOutput(answer=len(parts[0]) + len(parts[1]))
    empty = not parts
    return MathOutput(answer=0 if empty else len(parts[0]))
""",
    "max of one and more": """
    parts = problem.split()
    share = 100 / max(1, len(parts))
    other = 1 / (1 + len(parts))
    return MathOutput(answer=share + other, steps=parts or ["nothing"])
""",
    "division under try": """
    try:
        value = 10 / (precision - 2)
    except ZeroDivisionError:
        value = 0.0
    try:
        first = problem.split()[0]
    except IndexError:
        first = ""
    return MathOutput(answer=value, steps=[first])
""",
    "an early continue": """
    total_value = 0.0
    for word in problem.split(","):
        letters = word.split()
        if not letters:
            continue
        total_value += len(letters[0]) / len(letters)
    return MathOutput(answer=total_value)
""",
    "a while loop that pops": """
    stack = problem.split()
    found = []
    while stack:
        found.append(stack.pop())
    while len(found) > 1:
        found.pop(0)
    return MathOutput(answer=len(found), steps=found)
""",
    "a counter with continue": """
    words = problem.split()
    i, kept = 0, []
    while i < len(words):
        word = words[i]
        i += 1
        if not word:
            continue
        kept.append(word)
    return MathOutput(answer=i, steps=kept)
""",
    "while true with a way out": """
    guess = 1.0
    rounds = 0
    while True:
        rounds += 1
        better = await calculate(op="div", a=guess + precision, b=2)
        if abs(better - guess) < 0.01 or rounds > 20:
            break
        guess = better
    return MathOutput(answer=guess)
""",
    "polling": """
    value = await lookup(name=problem)
    while value is None:
        value = await lookup(name=problem)
    return MathOutput(answer=value)
""",
    "retries that raise in the end": """
    for attempt in range(3):
        try:
            value = await root(x=len(problem))
            break
        except Exception as error:
            if attempt == 2:
                raise
            print(error)
    return MathOutput(answer=value)
""",
    "a failure told": """
    try:
        value = await root(x=float(len(problem)))
    except Exception as error:
        return MathOutput(answer=0, steps=[f"failed: {error}"])
    failed = []
    for n in range(precision):
        try:
            value += await root(x=n)
        except Exception:
            failed.append(n)
    return MathOutput(answer=value, steps=[f"{len(failed)} failed"])
""",
    "failures listed": """
    steps, lost = [], []
    for word in problem.split():
        try:
            steps.append(str(await root(x=float(len(word)))))
        except Exception:
            lost.append(word)
    return MathOutput(answer=len(steps), steps=steps + lost)
""",
    "failures counted": """
    gone = 0
    value = 0.0
    for word in problem.split():
        try:
            value += await root(x=float(len(word)))
        except Exception:
            gone += 1
    return MathOutput(answer=value, steps=[str(gone)])
""",
    "failures labelled": """
    async def one(word: str) -> str:
        try:
            return str(await root(x=float(len(word))))
        except Exception:
            return f"{word}: -"
    lines = [await one(word) for word in problem.split()]
    for word in problem.split():
        try:
            lines.append(str(await root(x=float(len(word)))))
        except Exception:
            lines.append("n/a")
    return MathOutput(answer=len(lines), steps=lines)
""",
    "failures marked": """
    async def one(word: str) -> float | None:
        try:
            return await root(x=float(len(word)))
        except Exception:
            return None
    async def pair(word: str) -> tuple[str, float | None]:
        try:
            return word, await root(x=float(len(word)))
        except Exception:
            return word, None
    known = [each for word in problem.split() if (each := await one(word)) is not None]
    pairs = [await pair(word) for word in problem.split()]
    value = None
    complete = True
    try:
        value = await root(x=float(len(problem)))
    except Exception:
        value = None
    try:
        other = await root(x=1.0)
        value = other if value is None else value + other
    except Exception:
        complete = False
    steps = [word for word, each in pairs if each is None]
    return MathOutput(answer=sum(known) if value is None or not complete else value, steps=steps)
""",
    "recursion on a smaller part": """
    async def add_all(values: list[int]) -> int:
        if not values:
            return 0
        return await add(a=values[0], b=await add_all(values[1:]))

    def depth(n: int, most: int = 5) -> int:
        return n if n >= most else depth(n + 1, most)

    return MathOutput(answer=await add_all([len(w) for w in problem.split()]) + depth(0))
""",
    "mutual recursion": """
    def even(n: int) -> bool:
        return True if n == 0 else odd(n - 1)

    def odd(n: int) -> bool:
        if n == 0:
            return False
        return even(n - 1)

    return MathOutput(answer=1.0 if even(len(problem)) else 0.0)
""",
    "a helper that fills a list around it": """
    seen = []

    async def visit(n: int) -> None:
        seen.append(await add(a=n, b=1))

    await asyncio.gather(*[visit(n) for n in range(precision + 1)])
    return MathOutput(answer=seen[0] if seen else 0)
""",
    "a total in an enclosing name": """
    total_value = 0

    def count(n: int) -> None:
        nonlocal total_value
        total_value += n

    for word in problem.split():
        count(len(word))
    return MathOutput(answer=10 / total_value if total_value else 0)
""",
    "spread arguments that are known": """
    pairs = [(1, 2), (3, 4)]
    sums = await asyncio.gather(*[add(*pair) for pair in pairs])
    values = await asyncio.gather(*(add(**kw) for kw in [{"a": 1, "b": 2}, {"a": 3, "b": 4}]))
    common = {"a": 1.0, "b": precision}
    return MathOutput(answer=sum(sums) + sum(values) + await calculate(op="add", **common))
""",
    "tools as values": """
    plus = add
    first = await plus(a=1, b=precision)
    both = await asyncio.gather(*[f(x=4) for f in (root, root)])
    turn = await llm(problem, tools=[add, calculate])
    return MathOutput(answer=first + sum(both) + len(turn.calls))
""",
    "a constant of constants": """
    LIMIT = 5
    tries = LIMIT * 2
    mode = "mean" if precision > LIMIT else "sum"
    modes = ("sum", "mean")
    values = [await total(values=[1.0, 2.0], mode=m) for m in modes]
    return MathOutput(answer=await total(values=values, mode=mode) + tries)
""",
    "a literal chosen step by step": """
    op = ""
    if "plus" in problem:
        op = "add"
    elif "times" in problem:
        op = "mul"
    if not op:
        return MathOutput(answer=0)
    return MathOutput(answer=await calculate(op=op, a=1, b=2))
""",
    "a literal checked by a table": """
    allowed = ("add", "sub", "mul", "div")
    reply = (await llm(f"Which operation? {problem}")).strip().lower()
    op = reply if reply in allowed else "add"
    return MathOutput(answer=await calculate(op=op, a=1, b=2))
""",
    "a name given in both branches": """
    if precision > 1:
        label = "fine"
    else:
        label = "coarse"
    for n in range(3):
        last = n
    with_steps = [label, str(last)]
    return MathOutput(answer=len(problem), steps=with_steps)
""",
    "the previous item": """
    gaps = []
    for at, word in enumerate(problem.split()):
        if at > 0:
            gaps.append(len(word) - before)
        before = len(word)
    return MathOutput(answer=max(gaps, default=0))
""",
    "coroutines awaited once in either branch": """
    work = root(x=4)
    if precision:
        value = await work
    else:
        value = (await work) + 1
    pending = {n: add(a=n, b=1) for n in range(3)}
    done = [await each for each in pending.values()]
    return MathOutput(answer=value + sum(done))
""",
    "coroutines made in the loop that awaits them": """
    total_value = 0
    for n in range(3):
        work = add(a=n, b=precision)
        total_value += await work
    return MathOutput(answer=total_value)
""",
    "a long chain of conditions": """
    value = await lookup(name=problem)
    if value is not None and value > 0 and 1 / value < 5:
        return MathOutput(answer=1 / value)
    if value is None or value == 0:
        return MathOutput(answer=0)
    return MathOutput(answer=1 / value)
""",
    "numbers from a match": """
    found = re.search(r"(\\d+)\\s*/\\s*(\\d+)", problem)
    if found is None:
        return MathOutput(answer=0)
    top, bottom = int(found.group(1)), int(found[2])
    if bottom == 0:
        return MathOutput(answer=0)
    return MathOutput(answer=top / bottom)
""",
    "a remainder and powers": """
    size = 7
    bucket = sum(map(ord, problem)) % size
    return MathOutput(answer=bucket**2 / size, steps=[problem[i : i + 3] for i in range(0, len(problem), 3)])
""",
    "text formatted by percent": """
    steps = ["%s is %d" % (problem, precision), "%05.2f" % precision]
    return MathOutput(answer=await root(x=2), steps=steps)
""",
}

ORDERS_FLOW = {
    "optional parts, guarded": """
    order = await get_order(order_id=len(customer))
    if order is None or order.note is None:
        return Report(orders=[], total=0, status="empty")
    day = order.placed.isoformat() if order.placed else "none"
    await send_email(to="a@example.org", subject=day[:50], body=order.note.upper())
    return Report(orders=[order.id], total=order.total, best=order)
""",
    "optionals filtered": """
    rows = await list_orders(customer_id=1)
    dated = [row for row in rows if row.placed is not None]
    newest = max(dated, key=lambda row: row.total) if dated else None
    by_size = sorted(dated, key=lambda row: row.total)
    first = by_size[0].id if by_size else 0
    return Report(orders=[first], total=len(customer), best=newest)
""",
    "lines are never empty": """
    rows = await list_orders(customer_id=len(customer))
    firsts = [row.lines[0].sku for row in rows]
    means = [sum(line.price for line in row.lines) / len(row.lines) for row in rows]
    dearest = [max(row.lines, key=lambda line: line.price).sku for row in rows]
    units = [line.price / line.quantity for row in rows for line in row.lines]
    return Report(orders=[len(firsts), len(dearest)], total=sum(means) + sum(units))
""",
    "copies of what is given": """
    rows = await list_orders(customer_id=len(customer))
    rows.sort(key=lambda row: row.total)
    rows[0:1] = []
    for row in rows:
        row.note = "seen"
    return Report(orders=[row.id for row in rows], total=0)
""",
    "all members of an enum": """
    found = await find_customer(name=customer)
    if not found:
        return Report(orders=[], total=0.0, status="empty")
    discount = {Tier.BASIC: 0, Tier.GOLD: 10}[found.tier]
    label = {"basic": "b", "gold": "g"}[found.tier.value]
    if found.tier.name == "GOLD" or found.tier.value.upper() == "GOLD" or found.tier in (Tier.BASIC, Tier.GOLD):
        discount += len(label)
    match found.tier:
        case Tier.BASIC | Tier.GOLD:
            discount += 1
    return Report(orders=[discount], total=1)
""",
    "a status by branches": """
    rows = await list_orders(customer_id=1)
    status = "empty"
    for row in rows:
        if row.total > 0:
            status = "ok"
    report = Report(orders=[row.id for row in rows], total=len(customer), status=status)
    if report.status == "ok" and status != "empty":
        report.total += 1
    return report
""",
    "dicts from models": """
    found = await find_customer(name=customer)
    if found is None:
        return Report(orders=[], total=0)
    data = found.model_dump()
    line = {"sku": "ABC-1", "quantity": 1}
    order = await create_order(customer=data, lines=[line])
    options = {"to": data["name"], "subject": "Hi", "body": json.dumps(data["email"])}
    await send_email(**options)
    return Report(orders=[order.id], total=order.total)
""",
    "numbers of a stock": """
    counts = await stock(skus=["A"])
    if not counts:
        return Report(orders=[], total=len(customer))
    mean = sum(counts.values()) / len(counts)
    most = max(counts.values())
    name = min(counts, key=lambda sku: counts[sku])
    return Report(orders=[most, counts[name]], total=max(0.0, mean))
""",
    "classes of datetime": """
    from datetime import date, datetime, timedelta

    rows = await list_orders(customer_id=len(customer))
    late: list[Order] = [row for row in rows if row.placed and row.placed < date(2024, 1, 31) + timedelta(days=1)]
    year = datetime.combine(date(2024, 1, 1), datetime.min.time()).year
    return Report(orders=[row.id for row in late], total=year)
""",
    "groups": """
    groups: dict[str, list[Order]] = {}
    for order in await list_orders(customer_id=len(customer)):
        groups.setdefault(order.customer.name, []).append(order)
    best = None
    for name, members in groups.items():
        first = members[0] if members else None
        if first is not None and (best is None or first.total > best.total):
            best = first
    return Report(orders=[len(m) for m in groups.values()], total=0, best=best)
""",
}

TEXT_FLOW = {
    "a reply cleaned": """
    reply = await llm(f"Give a number for {topic}")
    digits = "".join(char for char in reply if char.isdigit())
    first = reply.split("\\n")[0]
    return f"{first} {int(digits or '0')}"
""",
    "a fallback page": """
    pages = await search(query=topic)
    page = pages[0] if pages else None
    if page is None:
        return "nothing found"
    text = await fetch(url=page)
    lines = text.splitlines()
    return lines[0] if lines else text
""",
    "any data": """
    data = await raw(path=topic)
    items = data["items"]
    first = items[0]
    ratio = first["a"] / first["b"]
    return f"{ratio:.2f} {len(items)}"
""",
    "a score checked": """
    summary = await llm_2(topic)
    ratio = 1 / summary.score if summary.score else 0
    point = summary.points[0] if summary.points else summary.title
    return f"{ratio:.1f} {point}"
""",
}

ENUMS_FLOW = {
    "inputs stay": """
    words = text.split()
    words.sort()
    words += ["end"]
    copy = [*words]
    copy.append(kind)
    color = Color.RED if kind == "a" else Color.BLUE
    if kind not in ("a",):
        color = Color.BLUE
    return Triage(level=Level.LOW, color=color, tags=["bug"] if len(copy) > 3 else [])
""",
    "a match on a literal": """
    match kind:
        case "a":
            color = Color.RED
        case "b":
            color = Color.BLUE
    found = await flags(text=text)
    level = Level.HIGH if found.get("urgent") and found["label"].strip() else Level.LOW
    return Triage(level=level, color=color)
""",
    "the value of a member": """
    color = await classify(text=text)
    if color.value == "red" or color is Color.BLUE or color == Color.RED:
        level = Level.HIGH
    elif color.name.lower() == "blue":
        level = Level.LOW
    else:
        raise ValueError(f"no level for {color}")
    return Triage(level=level, color=color, tags=[])
""",
    "tags chosen": """
    color = await classify(text=text)
    tags = []
    if color == Color.RED:
        tags.append("bug")
    if "please" in text:
        tags.append("feature")
    if "bug" in tags:
        await label(color=color, tags=tags)
    return Triage(level=1, color=color, tags=tags)
""",
}
