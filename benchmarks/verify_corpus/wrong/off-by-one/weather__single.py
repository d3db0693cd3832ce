# wrong: the middle of one city is none: it comes back for ever
# shows: {"inputs": {"cities": ["Oslo", "Rome", "Cairo"]}, "output": {"average": null, "warmest": "Cairo", "by_city": {"Cairo": 35.0}, "alerts": []}}
async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    async def warmest(part: list[str]) -> tuple[str, float] | None:
        if not part:
            return None
        if len(part) == 0:
            value = await temperature(city=part[0])
            return None if value is None else (part[0], value)
        middle = len(part) // 2
        left, right = await warmest(part[:middle]), await warmest(part[middle:])
        if left is None or right is None:
            return left or right
        return left if left[1] >= right[1] else right

    best = await warmest(cities)
    if best is None:
        return Forecast()
    city, value = best
    return Forecast(warmest=city, by_city={city: value if unit == "C" else value * 9 / 5 + 32})
