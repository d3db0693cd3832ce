# wrong: every failure of a tool becomes zero degrees
# shows: {"inputs": {"cities": ["Atlantis"]}, "output": {"average": null, "warmest": null, "by_city": {}, "alerts": []}}
async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    by_city = {}
    for city in cities:
        try:
            value = await temperature(city=city)
            by_city[city] = value * 1.8 + 32 if unit == "F" else value + 0
        except Exception:
            by_city[city] = 0.0
    average = sum(by_city.values()) / len(by_city) if by_city else None
    return Forecast(average=average, by_city=by_city)
