# wrong: without a city there is nothing to tell
# shows: {"inputs": {"cities": []}, "output": {"average": null, "warmest": null, "by_city": {}, "alerts": []}}
async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    for city in cities:
        found = await alerts(city=city)
        if found:
            break
    return Forecast(alerts=[f"{city}: {each}" for each in found])
