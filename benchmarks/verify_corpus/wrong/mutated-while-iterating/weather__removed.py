# wrong: the list is changed while it is iterated
# shows: {"inputs": {"cities": ["Atlantis", "Lemuria", "Rome"]}, "output": {"average": 20.0, "warmest": "Rome", "by_city": {"Rome": 20.0}, "alerts": []}}
import asyncio


async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    cities = list(cities)
    for city in cities:
        if await temperature(city=city) is None:
            cities.remove(city)
    readings = await asyncio.gather(*[temperature(city=city) for city in cities])
    by_city = dict(zip(cities, readings))
    if unit == "F":
        by_city = {city: reading * 9 / 5 + 32 for city, reading in by_city.items()}
    warnings = await asyncio.gather(*[alerts(city=city) for city in cities])
    return Forecast(
        average=round(sum(by_city.values()) / len(by_city), 1) if by_city else None,
        warmest=max(by_city, key=lambda city: by_city[city]) if by_city else None,
        by_city=by_city,
        alerts=[f"{city}: {warning}" for city, found in zip(cities, warnings) for warning in found],
    )
