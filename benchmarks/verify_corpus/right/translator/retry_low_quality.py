# expect: {"inputs": {"texts": ["bonjour", "tree"], "target": "de"}, "output": {"items": [{"source": "fr", "text": "[fr>de] bonjour", "quality": 0.25}, {"source": "en", "text": "[en>de] tree", "quality": 0.75}], "skipped": 0}}
GOOD = 0.5
TRIES = 2


async def translator(texts: list[str], target: Language) -> Translations:
    result = Translations(items=[])
    for text in texts:
        source = await detect(text)
        if source is None:
            result.skipped += 1
            continue
        best, best_quality = text, 0.0
        for _ in range(TRIES):
            candidate = await translate(text, source, target)
            quality = await rate(text, candidate)
            if quality >= best_quality:
                best, best_quality = candidate, quality
            if quality >= GOOD:
                break
        result.items.append(Translation(source=source, text=best, quality=min(best_quality, 1.0)))
    return result
