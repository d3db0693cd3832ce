# wrong: a poor translation is tried again for ever
# shows: {"inputs": {"texts": ["bonjour"], "target": "de"}, "output": {"items": [{"source": "fr", "text": "[fr>de] bonjour", "quality": 0.25}], "skipped": 0}}
async def improved(text: str, source: Language, target: Language) -> str:
    candidate = await translate(text=text, source=source, target=target)
    if await rate(original=text, translated=candidate) < 0.5:
        return await improved(text, source, target)
    return candidate


async def translator(texts: list[str], target: Language) -> Translations:
    items = []
    for text in texts:
        source = await detect(text=text)
        if source is not None:
            items.append(Translation(source=source, text=await improved(text, source, target), quality=0.5))
    return Translations(items=items, skipped=len(texts) - len(items))
