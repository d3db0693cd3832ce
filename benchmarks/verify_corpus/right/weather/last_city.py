# expect: {"inputs": {"cities": ["Rome", "Oslo"]}, "output": {"average": null, "warmest": null, "by_city": {}, "alerts": ["Oslo: ice"]}}
async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    if not cities:
        return Forecast()
    for city in cities:
        found = await alerts(city=city)
        if found:
            break
    return Forecast(alerts=[f"{city}: {each}" for each in found])
