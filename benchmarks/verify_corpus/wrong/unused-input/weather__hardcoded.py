# wrong: the cities are made up instead of taken from the input
# shows: {"inputs": {"cities": ["Cairo"]}, "output": {"average": 35.0, "warmest": "Cairo", "by_city": {"Cairo": 35.0}, "alerts": []}}
async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    readings = {}
    for city in ["Oslo", "Rome"]:
        value = await temperature(city=city)
        if value is not None:
            readings[city] = value
    warmest = max(readings, key=lambda each: readings[each]) if readings else None
    average = sum(readings.values()) / len(readings) if readings else None
    return Forecast(average=average, warmest=warmest, by_city=readings)
