"""Nested schemas and tools that run in parallel: a trip with weather, light and money at each stop."""

import json
import math
from enum import Enum
from pathlib import Path

from pydantic import BaseModel, Field

from a1 import Agent, ToolSet

PLACES = json.loads((Path(__file__).parent / "data" / "places.json").read_text())


class Place(BaseModel):
    city: str
    country: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Season(str, Enum):
    WINTER = "winter"
    SUMMER = "summer"


class Daylight(BaseModel):
    city: str
    hours: float = Field(ge=0, le=24)


class Currency(BaseModel):
    code: str = Field(pattern=r"^[A-Z]{3}$")
    per_euro: float = Field(gt=0)


class TripInput(BaseModel):
    cities: list[str] = Field(min_length=1)
    season: Season


class Trip(BaseModel):
    places: list[Place]
    daylights: list[Daylight]
    currencies: list[Currency]


async def locate(city: str) -> Place:
    """Look a city up."""
    if city not in PLACES:
        raise LookupError(f"unknown city {city!r}; known are {', '.join(PLACES)}")
    return Place(city=city, **PLACES[city])


async def daylight(place: Place, season: Season) -> Daylight:
    """Work out the hours of daylight at the solstice of a season."""
    tilt = math.radians(23.44 if season is Season.SUMMER else -23.44)
    cosine = -math.tan(math.radians(place.latitude)) * math.tan(tilt)
    hours = 24 / math.pi * math.acos(max(-1.0, min(1.0, cosine)))
    return Daylight(city=place.city, hours=round(hours, 1))


async def currency(place: Place) -> Currency:
    """Tell what is paid with."""
    code, rate = {"PT": ("EUR", 1.0), "NO": ("NOK", 11.7), "JP": ("JPY", 163.0)}[place.country]
    return Currency(code=code, per_euro=rate)


geography = ToolSet(name="geography", description="Places and light", tools=[locate, daylight])

trip = Agent(
    name="trip",
    description="Prepare a trip through several cities.",
    input_schema=TripInput,
    output_schema=Trip,
    tools=[geography, currency],
)
