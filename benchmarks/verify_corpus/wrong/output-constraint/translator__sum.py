# wrong: the quality of several words is added up
# shows: {"inputs": {"texts": ["hallo sch\u00f6ne welt"], "target": "en"}, "output": {"items": [{"source": "de", "text": "[de>en] hallo [de>en] sch\u00f6ne [de>en] welt", "quality": 0.75}], "skipped": 0}}
async def translator(texts: list[str], target: Language) -> Translations:
    items, skipped = [], 0
    for text in sorted(texts, key=len, reverse=True):
        source = await detect(text=text)
        if source not in (Language.GERMAN, Language.FRENCH):
            skipped += 1
            continue
        words = [await translate(text=word, source=source, target=target) for word in text.split() if word]
        score = await rate(original=text, translated=" ".join(words)) if words else 0.0
        quality = sum(1.0 for word in words if word) + score
        items.append(Translation(source=source, text=" ".join(words) or text, quality=quality))
    return Translations(items=items, skipped=skipped)
