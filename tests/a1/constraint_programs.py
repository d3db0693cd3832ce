"""Programs with a constraint each: right ones, and wrong ones in which `<<` and `>>` stand around what is found.

The body of `async def bot(problem: str, items: list[str], few: list[str]) -> str`, where `few` has at most 4 items.
"""

from __future__ import annotations

from a1.constraints import AtMost, Deterministic, MustCall, MustNotCall, NoFlow, Order

AUDIT, BEFORE = MustCall("audit"), MustCall("audit", before="pay")
NEVER, ORDER, FLOW = MustNotCall("pay"), Order("read", "send"), NoFlow("read", "send")
INPUT, THROUGH = NoFlow("problem", "send"), NoFlow("read", "send", through=("validate",))
IMPLICIT, ANSWER = NoFlow("read", "send", implicit=True), NoFlow("llm", "send")

PROGRAMS = [
    # A call on every path that returns.
    (AUDIT, "await audit()\nreturn 'x'"),
    (AUDIT, "return await audit()"),
    (AUDIT, "<<return 'x'>>"),
    (AUDIT, "audit()\n<<return 'x'>>"),
    (AUDIT, "if problem:\n    await audit()\n<<return 'x'>>"),
    (AUDIT, "if problem:\n    await audit()\nelse:\n    await audit()\nreturn 'x'"),
    (AUDIT, "if not problem:\n    <<return ''>>\nawait audit()\nreturn 'x'"),
    (AUDIT, "if not problem:\n    raise ValueError('no')\nawait audit()\nreturn 'x'"),
    (AUDIT, "for item in items:\n    await audit(x=item)\n<<return 'x'>>"),
    (AUDIT, "for item in ['a', 'b']:\n    await audit(x=item)\nreturn 'x'"),
    (AUDIT, "for number in range(3):\n    await audit(x=number)\nreturn 'x'"),
    (AUDIT, "names = ['a', 'b']\nfor at, name in enumerate(names):\n    await audit(x=name)\nreturn 'x'"),
    (AUDIT, "names = ['a']\nnames.clear()\nfor name in names:\n    await audit(x=name)\n<<return 'x'>>"),
    (AUDIT, "while True:\n    await audit()\n    if problem:\n        break\nreturn 'x'"),
    (AUDIT, "while True:\n    if problem:\n        break\n    await audit()\n<<return 'x'>>"),
    (AUDIT, "await asyncio.gather(audit(), pay())\nreturn 'x'"),
    (AUDIT, "await asyncio.gather(*[audit(x=i) for i in items])\n<<return 'x'>>"),
    (AUDIT, "await asyncio.gather(*[audit(), read()])\nreturn 'x'"),
    (AUDIT, "both = asyncio.gather(audit(), pay())\na, b = await both\nreturn 'x'"),
    (AUDIT, "first = audit()\nsecond = pay()\nawait second\nawait first\nreturn 'x'"),
    (AUDIT, "first = audit() if problem else pay()\nawait first\n<<return 'x'>>"),
    (AUDIT, "async def check(n):\n    return await audit(n=n)\nawait check(1)\nreturn 'x'"),
    (AUDIT, "async def check(n):\n    if n:\n        return await audit(n=n)\nawait check(1)\n<<return 'x'>>"),
    (AUDIT, "async def check(n):\n    return await audit(n=n)\ncheck(1)\n<<return 'x'>>"),
    (AUDIT, "check = audit\nawait check()\nreturn 'x'"),
    (AUDIT, "ok = problem and await audit()\n<<return 'x'>>"),
    (AUDIT, "ok = await audit() or problem\nreturn 'x'"),
    (AUDIT, "ok = await audit() if problem else await audit(x=1)\nreturn 'x'"),
    (AUDIT, "if (found := await audit()) is None:\n    return ''\nreturn 'x'"),
    (AUDIT, "try:\n    await audit()\nexcept ValueError:\n    return ''\nreturn 'x'"),
    (AUDIT, "try:\n    n = int(problem)\n    await audit()\nexcept ValueError:\n    <<return ''>>\nreturn 'x'"),
    (AUDIT, "try:\n    return problem\nfinally:\n    await audit()"),
    (AUDIT, "try:\n    n = int(problem)\nexcept ValueError:\n    n = 0\nfinally:\n    await audit()\nreturn str(n)"),
    (AUDIT, "match problem:\n    case 'a':\n        await audit()\n    case _:\n        await audit(x=1)\nreturn 'x'"),
    (AUDIT, "match problem:\n    case 'a':\n        await audit()\n    case 'b':\n        await audit(x=1)\n"
            "<<return 'x'>>"),
    (AUDIT, "with decimal.localcontext() as c:\n    await audit()\nreturn 'x'"),
    (AUDIT, "async def again(n):\n    if n <= 0:\n        return await audit()\n    return await again(n - 1)\n"
            "return await again(3)"),
    # One call before another.
    (BEFORE, "await audit()\nawait pay()\nreturn 'x'"),
    (BEFORE, "await <<pay()>>\nawait audit()\nreturn 'x'"),
    (BEFORE, "return 'x'"),
    (BEFORE, "if problem:\n    await audit()\n    await pay()\nreturn 'x'"),
    (BEFORE, "if problem:\n    await audit()\nawait <<pay()>>\nreturn 'x'"),
    (BEFORE, "if not problem:\n    return ''\nawait audit()\nfor item in items:\n    await pay()\nreturn 'x'"),
    (BEFORE, "for item in items:\n    await audit()\n    await pay()\nreturn 'x'"),
    (BEFORE, "for item in items:\n    await <<pay()>>\n    await audit()\nreturn 'x'"),
    (BEFORE, "await asyncio.gather(audit(), <<pay()>>)\nreturn 'x'"),
    (BEFORE, "checked = audit()\npaid = <<pay()>>\nawait checked\nawait paid\nreturn 'x'"),
    (BEFORE, "async def settle(n):\n    await pay(n=n)\nawait audit()\nawait settle(1)\nreturn 'x'"),
    (BEFORE, "async def settle(n):\n    await <<pay(n=n)>>\nawait settle(1)\nawait audit()\nreturn 'x'"),
    (BEFORE, "async def safe(n):\n    await audit()\n    await pay()\nawait asyncio.gather(*[safe(i) for i in items])\n"
             "return 'x'"),
    (BEFORE, "try:\n    await audit()\nexcept Exception:\n    pass\nawait <<pay()>>\nreturn 'x'"),
    (BEFORE, "try:\n    await audit()\nexcept Exception:\n    return ''\nawait pay()\nreturn 'x'"),
    (BEFORE, "t = await llm(problem, tools=[pay])\nfor c in t.calls:\n    await <<run_tool(c)>>\nreturn 'x'"),
    # No call.
    (NEVER, "await audit()\nreturn 'x'"),
    (NEVER, "return await <<pay()>>"),
    (NEVER, "return problem\nawait pay()"),
    (NEVER, "if False:\n    await pay()\nreturn 'x'"),
    (NEVER, "async def unused():\n    await pay()\nreturn 'x'"),
    (NEVER, "async def used():\n    await <<pay()>>\nawait used()\nreturn 'x'"),
    (NEVER, "f = pay\nreturn await <<f()>>"),
    (NEVER, "does = {'audit': audit, 'pay': pay}\nreturn await <<does[problem]()>>"),
    (NEVER, "does = {'audit': audit, 'pay': pay}\nreturn await does['audit']()"),
    (NEVER, "first, second = audit, pay\nreturn await first()"),
    (NEVER, "await asyncio.gather(*[<<pay(x=i)>> for i in items])\nreturn 'x'"),
    (NEVER, "await asyncio.gather(*map(pay, items))\nreturn 'x'", "map(pay, items)"),
    (NEVER, "call = functools.partial(pay, 1)\nawait <<call()>>\nreturn 'x'"),
    (NEVER, "run = lambda x: <<pay(x=x)>>\nawait run(1)\nreturn 'x'"),
    (NEVER, "async def apply(f, x):\n    return await <<f(x)>>\nreturn await apply(pay, 1)"),
    (NEVER, "async def apply(f, x):\n    return await f(x)\nreturn await apply(audit, 1)"),
    (NEVER, "await <<llm(problem, tools=[audit, pay])>>\nreturn 'x'"),
    (NEVER, "await <<llm(problem, tools=['pay'])>>\nreturn 'x'"),
    (NEVER, "t = await llm(problem, tools=[audit])\nfor c in t.calls:\n    await run_tool(c)\nreturn t.text"),
    (NEVER, "steps = []\nsteps.append('pay')\nreturn ', '.join(steps)"),
    (NEVER, "class Box:\n    def __init__(self, f):\n        self.f = f\n    async def go(self):\n"
            "        return await <<self.f()>>\nreturn await Box(pay).go()"),
    # How often.
    (AtMost(1, "pay"), "await pay()\nreturn 'x'"),
    (AtMost(0, "pay"), "await <<pay()>>\nreturn 'x'"),
    (AtMost(1, "pay"), "if problem:\n    await pay()\nelse:\n    await pay()\nreturn 'x'"),
    (AtMost(1, "pay"), "await <<pay()>>\nif problem:\n    await pay()\nreturn 'x'"),
    (AtMost(3, "pay"), "for n in range(3):\n    await pay()\nreturn 'x'"),
    (AtMost(2, "pay"), "for n in range(3):\n    await <<pay()>>\nreturn 'x'"),
    (AtMost(4, "pay"), "for item in few:\n    await pay()\nreturn 'x'"),
    (AtMost(3, "pay"), "for item in few:\n    await <<pay()>>\nreturn 'x'"),
    (AtMost(5, "pay"), "for item in items[:5]:\n    await pay()\nreturn 'x'"),
    (AtMost(5, "pay"), "for item in items:\n    await <<pay()>>\nreturn 'x'"),
    (AtMost(1, "pay"), "for item in items:\n    if item:\n        await pay()\n        break\nreturn 'x'"),
    (AtMost(1, "pay"), "for item in items:\n    if item:\n        return await pay()\nreturn 'x'"),
    (AtMost(3, "pay"), "for n in range(3):\n    try:\n        return await pay()\n    except ValueError:\n"
               "        pass\nreturn ''"),
    (AtMost(2, "pay"), "for n in range(3):\n    try:\n        return await <<pay()>>\n    except ValueError:\n"
               "        pass\n"
                       "return ''"),
    (AtMost(6, "pay"), "for a in range(2):\n    for b in range(3):\n        await pay()\nreturn 'x'"),
    (AtMost(2, "pay"), "await asyncio.gather(pay(), pay())\nreturn 'x'"),
    (AtMost(1, "pay"), "await asyncio.gather(<<pay()>>, pay())\nreturn 'x'"),
    (AtMost(4, "pay"), "await asyncio.gather(*[pay(x=i) for i in few])\nreturn 'x'"),
    (AtMost(2, "pay"), "async def two():\n    await pay()\n    await pay()\nawait two()\nreturn 'x'"),
    (AtMost(3, "pay"), "async def two():\n    await <<pay()>>\n    await pay()\nawait two()\nawait two()\nreturn 'x'"),
    (AtMost(9, "pay"), "async def again(n):\n    await <<pay()>>\n    if n:\n        await again(n - 1)\n"
               "await again(3)\n"
                       "return 'x'"),
    (AtMost(2, "pay"), "n = 0\nwhile n < 2:\n    await pay()\n    n += 1\nreturn 'x'"),
    (AtMost(2, "pay"), "while problem:\n    await <<pay()>>\nreturn 'x'"),
    (AtMost(1, "pay"), "t = await llm(problem, tools=[pay])\nfor c in t.calls:\n    await <<run_tool(c)>>\nreturn 'x'"),
    (AtMost(1, "pay"), "return await llm(problem)"),
    # All of one before all of another.
    (ORDER, "await read()\nawait send()\nreturn 'x'"),
    (ORDER, "await send()\nawait <<read()>>\nreturn 'x'"),
    (ORDER, "for item in items:\n    await read()\nfor item in items:\n    await send()\nreturn 'x'"),
    (ORDER, "for item in items:\n    await <<read()>>\n    await send()\nreturn 'x'"),
    (ORDER, "for item in items:\n    await read()\n    if item:\n        await send()\n        break\nreturn 'x'"),
    (ORDER, "if problem:\n    await send()\nelse:\n    await read()\nreturn 'x'"),
    (ORDER, "await asyncio.gather(<<read()>>, send())\nreturn 'x'"),
    (ORDER, "try:\n    await send()\nexcept ValueError:\n    await <<read()>>\nreturn 'x'"),
    (ORDER, "try:\n    await read()\nfinally:\n    await send()\nreturn 'x'"),
    (ORDER, "async def both():\n    await read()\n    await send()\nawait both()\nreturn 'x'"),
    (ORDER, "async def both():\n    await <<read()>>\n    await send()\nawait both()\nawait both()\nreturn 'x'"),
    (ORDER, "async def both(n):\n    await <<read()>>\n    await send()\n    if n:\n        await both(n - 1)\n"
            "await both(2)\n"
            "return 'x'"),
    # Where data goes.
    (FLOW, "text = await read()\nawait send(body='hello')\nreturn text"),
    (FLOW, "await send(body=<<await read()>>)\nreturn 'x'"),
    (FLOW, "text = await read()\ntext = 'hello'\nawait send(body=text)\nreturn 'x'"),
    (FLOW, "text = 'hello'\nif problem:\n    text = await read()\nawait send(body=<<text>>)\nreturn 'x'"),
    (FLOW, "text = await read()\nawait send(body=<<f'got {text}'>>)\nreturn 'x'"),
    (FLOW, "mail = await read()\nawait send(body=<<mail.body.strip().lower()>>)\nreturn 'x'"),
    (FLOW, "mail = await read()\nawait send(<<mail['body'] + '!'>>)\nreturn 'x'"),
    (FLOW, "n = len(await read())\nawait send(<<n * 2>>)\nreturn 'x'"),
    (FLOW, "parts = []\nother = parts\nother.append(await read())\nawait send(<<', '.join(parts)>>)\nreturn 'x'"),
    (FLOW, "parts = []\nparts.append(problem)\ntext = await read()\nawait send(', '.join(parts))\nreturn text"),
    (FLOW, "parts = ['a']\nparts += [await read()]\nawait send(<<parts>>)\nreturn 'x'"),
    (FLOW, "mails = await read()\nfor subject, body in mails:\n    await send(<<body>>)\nreturn 'x'"),
    (FLOW, "mails = await read()\nbodies = [m.body for m in mails if m]\nawait send(<<bodies>>)\nreturn 'x'"),
    (FLOW, "mails = await read()\nfor item in items:\n    await send(item)\nreturn str(mails)"),
    (FLOW, "for item, mail in zip(items, await read()):\n    await send(item)\nreturn 'x'"),
    (FLOW, "for item, mail in zip(items, await read()):\n    await send(<<mail>>)\nreturn 'x'"),
    (FLOW, "for at, mail in enumerate(await read()):\n    await send(at)\nreturn 'x'"),
    (FLOW, "mail, plan = await asyncio.gather(read(), audit())\nawait send(plan)\nreturn mail"),
    (FLOW, "mail, plan = await asyncio.gather(read(), audit())\nawait send(<<mail>>)\nreturn 'x'"),
    (FLOW, "both = await asyncio.gather(*[read(x=i) for i in items])\nawait send(<<both[0]>>)\nreturn 'x'"),
    (FLOW, "data = {'mail': await read(), 'to': problem}\nawait send(data['to'])\nreturn data['mail']"),
    (FLOW, "data = {'mail': await read(), 'to': problem}\nawait send(<<data['mail']>>)\nreturn 'x'"),
    (FLOW, "data = {'mail': await read(), 'to': problem}\nawait send(<<data>>)\nreturn 'x'"),
    (FLOW, "data = {'mail': await read(), 'to': problem}\nfor k, v in data.items():\n    await send(<<v>>)\n"
           "return 'x'"),
    (FLOW, "data = {}\ndata[await read()] = 1\nawait send(<<list(data)>>)\nreturn 'x'"),
    (FLOW, "data = json.loads(await read())\nawait send(<<json.dumps(data)>>)\nreturn 'x'"),
    (FLOW, "order = await audit()\norder.note = await read()\nawait send(<<order>>)\nreturn 'x'"),
    (FLOW, "order = await audit()\norder.lines.append(await read())\nawait send(<<order.lines>>)\nreturn 'x'"),
    (FLOW, "answer = await llm(await read())\nawait send(<<answer>>)\nreturn 'x'"),
    (FLOW, "text = await read()\nanswer = await llm(problem)\nawait send(answer)\nreturn text"),
    (FLOW, "answer = await math(x=await read())\nawait send(<<answer>>)\nreturn 'x'"),
    (FLOW, "def shout(text):\n    return text.upper()\nmail = shout(await read())\nawait send(shout('hi'))\n"
           "return mail"),
    (FLOW, "def shout(text):\n    return text.upper()\nawait send(<<shout(await read())>>)\nreturn 'x'"),
    (FLOW, "mail = await read()\nasync def go():\n    await send(<<mail>>)\nawait go()\nreturn 'x'"),
    (FLOW, "mail = ''\nasync def load():\n    nonlocal mail\n    mail = await read()\nawait load()\n"
           "await send(<<mail>>)\nreturn 'x'"),
    (FLOW, "async def go(*texts, **more):\n    await send(<<more['body']>>)\nawait go(1, body=await read())\n"
           "return 'x'"),
    (FLOW, "if (mail := await read()):\n    await send(<<mail>>)\nreturn 'x'"),
    (FLOW, "a, *rest = await read()\nawait send(<<rest>>)\nreturn 'x'"),
    (FLOW, "match await read():\n    case {'body': body}:\n        await send(<<body>>)\nreturn 'x'"),
    (FLOW, "mail = await read()\ntry:\n    n = int(mail)\nexcept ValueError as error:\n"
           "    await send(<<str(error)>>)\nreturn 'x'"),
    (FLOW, "mail = await read()\nawait send(*[], **<<{'body': mail}>>)\nreturn 'x'"),
    (FLOW, "call = functools.partial(send, await read())\nawait <<call()>>\nreturn 'x'"),
    (FLOW, "mails = await read()\nawait asyncio.gather(*[send(<<m>>) for m in mails])\nreturn 'x'"),
    (FLOW, "best = max(await read(), key=lambda m: m.score)\nawait send(<<best>>)\nreturn 'x'"),
    (FLOW, "text = 'start'\nfor item in items:\n    await send(<<text>>)\n    text = await read()\nreturn 'x'"),
    (FLOW, "t = await llm(problem, tools=[read, audit])\nr = await asyncio.gather(*[run_tool(c) for c in t.calls])\n"
           "await send(<<r>>)\nreturn 'x'"),
    (FLOW, "t = await llm(problem, tools=[read, send])\nwhile t.calls:\n"
           "    r = await asyncio.gather(*[run_tool(c) for c in t.calls])\n"
           "    t = await llm(r, after=t, tools=<<[read, send]>>)\nreturn t.text"),
    (FLOW, "t = await llm(problem, tools=[audit, send])\nwhile t.calls:\n"
           "    r = await asyncio.gather(*[run_tool(c) for c in t.calls])\n"
           "    t = await llm(r, after=t, tools=[audit, send])\nreturn t.text"),
    (FLOW, "mail = await read()\nif 'urgent' in mail:\n    await send('now')\nreturn 'x'"),
    (THROUGH, "await send(await validate(text=await read()))\nreturn 'x'"),
    (THROUGH, "mail = await read()\nok = await validate(text=mail)\nawait send(<<mail>>)\nreturn ok"),
    (INPUT, "await send(<<problem>>)\nreturn 'x'"),
    (INPUT, "await send(items)\nreturn problem"),
    (INPUT, "async def go(problem):\n    await send(problem)\nawait go('hi')\nreturn problem"),
    (ANSWER, "text = await llm('hi')\nawait send(<<text>>)\nreturn 'x'"),
    (ANSWER, "await llm('hi', tools=<<[send]>>)\nreturn 'x'"),
    (ANSWER, "await send(await read())\nreturn await llm('hi')"),
    (IMPLICIT, "mail = await read()\nif 'urgent' in mail:\n    await <<send('now')>>\nreturn 'x'"),
    (IMPLICIT, "mail = await read()\nif not mail:\n    return ''\nawait <<send('now')>>\nreturn 'x'"),
    (IMPLICIT, "mail = await read()\nif not mail:\n    print('none')\nawait send('now')\nreturn 'x'"),
    (IMPLICIT, "mail = await read()\nif not problem:\n    return ''\nawait send('now')\nreturn mail"),
    (IMPLICIT, "ok = False\nif 'a' in await read():\n    ok = True\nif ok:\n    await <<send('now')>>\nreturn 'x'"),
    (IMPLICIT, "async def go():\n    await <<send('now')>>\nfor mail in await read():\n    await go()\nreturn 'x'"),
    # No model.
    (Deterministic(), "return str(await read())"),
    (Deterministic(), "return await <<llm(problem)>>"),
    (Deterministic(), "return await <<math(x=1)>>"),
    (Deterministic(trust=("math",)), "return await math(x=1)"),
    (Deterministic(), "async def ask(q):\n    return await llm(q)\nreturn problem"),
    (Deterministic(), "ask = llm\nreturn await <<ask(problem)>>"),
]  # fmt: skip
