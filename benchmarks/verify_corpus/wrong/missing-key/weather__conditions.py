# wrong: only two of the cities are in the table
# shows: {"inputs": {"cities": ["Rome", "Cairo"]}, "output": {"average": null, "warmest": null, "by_city": {}, "alerts": ["Rome: +2", "Cairo: +0"]}}
OFFSETS = {"Oslo": 1, "Rome": 2}


async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    return Forecast(alerts=[f"{city}: +{OFFSETS[city]}" for city in cities])
