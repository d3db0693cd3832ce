# wrong: members are compared with names in full
# shows: {"inputs": {"texts": ["hallo welt", "bon", "?"], "target": "en"}, "output": {"items": [{"source": "de", "text": "[de>en] hallo [de>en] welt", "quality": 0.75}, {"source": "fr", "text": "[fr>en] bon", "quality": 0.25}], "skipped": 1}}
async def translator(texts: list[str], target: Language) -> Translations:
    items, skipped = [], 0
    for text in sorted(texts, key=len, reverse=True):
        source = await detect(text=text)
        if source not in ("German", "French"):
            skipped += 1
            continue
        words = [await translate(text=word, source=source, target=target) for word in text.split() if word]
        score = await rate(original=text, translated=" ".join(words)) if words else 0.0
        quality = 0.0 if score < 0 else 1.0 if score > 1 else score
        items.append(Translation(source=source, text=" ".join(words) or text, quality=quality))
    return Translations(items=items, skipped=skipped)
