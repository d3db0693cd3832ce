# wrong: the alerts are asked for and left out
# shows: {"inputs": {"cities": ["Oslo", "Rome", "Atlantis"]}, "output": {"average": 8.0, "warmest": "Rome", "by_city": {"Oslo": -4.0, "Rome": 20.0}, "alerts": ["Oslo: ice"]}}
import asyncio


async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    readings = await asyncio.gather(*[temperature(city=city) for city in cities])
    by_city = {city: reading for city, reading in zip(cities, readings) if reading is not None}
    if unit == "F":
        by_city = {city: reading * 9 / 5 + 32 for city, reading in by_city.items()}
    warnings = await asyncio.gather(*[alerts(city=city) for city in cities])
    return Forecast(
        average=round(sum(by_city.values()) / len(by_city), 1) if by_city else None,
        warmest=max(by_city, key=lambda city: by_city[city]) if by_city else None,
        by_city=by_city,
        alerts=[],
    )
