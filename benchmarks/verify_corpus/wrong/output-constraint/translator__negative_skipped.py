# wrong: the difference has the wrong sign
# shows: {"inputs": {"texts": ["xyz"], "target": "en"}, "output": {"items": [], "skipped": 1}}
async def translator(texts: list[str], target: Language) -> Translations:
    items = []
    for text in texts:
        source = await detect(text=text)
        if source is None:
            continue
        items.append(Translation(source=source, text=await translate(text, source, target), quality=0.5))
    return Translations(items=items, skipped=len(items) - len(texts))
