# wrong: `dict.get` gives None for a text that is no term
# shows: {"inputs": {"texts": ["hund"], "target": "en"}, "output": {"items": [{"source": "de", "text": "HUND", "quality": 1.0}], "skipped": 0}}
async def translator(texts: list[str], target: Language) -> Translations:
    terms = await glossary(target=target)
    items = []
    for text in texts:
        source = await detect(text=text)
        if source is None:
            continue
        items.append(Translation(source=source, text=terms.get(text).upper(), quality=1.0))
    return Translations(items=items, skipped=len(texts) - len(items))
