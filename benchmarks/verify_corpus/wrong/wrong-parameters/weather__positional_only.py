# wrong: the inputs come by name, not in one object
# shows: {"inputs": {"cities": []}, "output": {"average": null, "warmest": null, "by_city": {}, "alerts": []}}
async def weather(request: WeatherInput) -> Forecast:
    by_city = {}
    for city in request.cities:
        value = await temperature(city=city)
        if value is not None:
            by_city[city] = value
    return Forecast(by_city=by_city)
