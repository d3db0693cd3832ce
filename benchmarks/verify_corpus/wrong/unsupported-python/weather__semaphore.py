# wrong: there are no semaphores
# shows: {"inputs": {"cities": ["Oslo", "Rome", "Atlantis"]}, "output": {"average": 8.0, "warmest": "Rome", "by_city": {"Oslo": -4.0, "Rome": 20.0}, "alerts": ["Oslo: ice"]}}
import asyncio


async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    gate = asyncio.Semaphore(5)

    async def one(city: str) -> float | None:
        async with gate:
            return await temperature(city=city)

    readings = await asyncio.gather(*[one(city) for city in cities])
    by_city = {city: reading for city, reading in zip(cities, readings) if reading is not None}
    if unit == "F":
        by_city = {city: reading * 9 / 5 + 32 for city, reading in by_city.items()}
    warnings = await asyncio.gather(*[alerts(city=city) for city in cities])
    return Forecast(
        average=round(sum(by_city.values()) / len(by_city), 1) if by_city else None,
        warmest=max(by_city, key=lambda city: by_city[city]) if by_city else None,
        by_city=by_city,
        alerts=[f"{city}: {warning}" for city, found in zip(cities, warnings) for warning in found],
    )
