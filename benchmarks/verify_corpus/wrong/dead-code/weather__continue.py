# wrong: all that follows `continue` is left out
# shows: {"inputs": {"cities": ["Oslo", "Cairo", "Rome"]}, "output": {"average": 17.0, "warmest": "Cairo", "by_city": {"Oslo": -4.0, "Cairo": 35.0, "Rome": 20.0}, "alerts": ["dust", "heat", "ice"]}}
async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    warmest: str | None = None
    highest = float("-inf")
    total, count = 0.0, 0
    by_city: dict[str, float] = {}
    for city in cities:
        value = await temperature(city)
        if value is None:
            continue
        shown = value if unit == "C" else value * 1.8 + 32
        continue
        by_city[city] = shown
        total += shown
        count += 1
        if shown > highest:
            warmest, highest = city, shown
    average = total / count if count > 0 else None
    found = [warning for city in cities for warning in await alerts(city)] if count else []
    return Forecast(average=average, warmest=warmest, by_city=by_city, alerts=sorted(set(found)))
