# wrong: the translation is asked for and thrown away
# shows: {"inputs": {"texts": ["haus", "bonjour", "xyz"], "target": "en"}, "output": {"items": [{"source": "de", "text": "house", "quality": 0.75}, {"source": "fr", "text": "[fr>en] bonjour", "quality": 0.25}], "skipped": 1}}
import asyncio


async def translator(texts: list[str], target: Language) -> Translations:
    languages = await asyncio.gather(*[detect(text=text) for text in texts])
    known = [(text, language) for text, language in zip(texts, languages) if language is not None]
    terms = await glossary(target=target)

    async def one(text: str, source: Language) -> Translation:
        if source == target:
            return Translation(source=source, text=text, quality=1)
        translated = terms.get(text) or await translate(text=text, source=source, target=target)
        quality = await rate(original=text, translated=translated)
        return Translation(source=source, text=text, quality=min(max(quality, 0.0), 1.0))

    items = await asyncio.gather(*[one(text, language) for text, language in known])
    return Translations(items=items, skipped=len(texts) - len(known))
