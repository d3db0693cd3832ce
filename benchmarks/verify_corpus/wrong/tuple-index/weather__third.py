# wrong: a reading has three values
# shows: {"inputs": {"cities": ["Cairo", "Rome"], "unit": "F"}, "output": {"average": 81.5, "warmest": "Cairo", "by_city": {"Cairo": 95.0, "Rome": 68.0}, "alerts": []}}
import asyncio
from statistics import mean


def to_unit(celsius: float, unit: str) -> float:
    return celsius * 1.8 + 32 if unit == "F" else celsius


async def weather(cities: list[str], unit: Literal["C", "F"] = "C") -> Forecast:
    async def reading(city: str) -> tuple[str, Optional[float], float]:
        degrees, speed = await asyncio.gather(temperature(city), wind(city))
        return city, degrees, speed

    rows = await asyncio.gather(*[reading(city) for city in cities])
    degrees = {city: to_unit(value, unit) for city, value, _ in rows if value is not None}
    stormy = [f"wind in {row[0]}" for row in rows if row[3] > 30]
    if not degrees:
        return Forecast(alerts=stormy)
    warmest, _ = max(degrees.items(), key=lambda item: item[1])
    return Forecast(average=mean(degrees.values()), warmest=warmest, by_city=degrees, alerts=stormy)
