# expect: {"inputs": {"texts": ["haus", "hund", "ball"], "target": "fr"}, "output": {"items": [{"source": "de", "text": "[de>fr] haus", "quality": 0.5}, {"source": "de", "text": "[de>fr] hund", "quality": 0.5}, {"source": "fr", "text": "ball", "quality": 1.0}], "skipped": 0}}
from collections import defaultdict


async def translator(texts: list[str], target: Language) -> Translations:
    groups: defaultdict[Language, list[str]] = defaultdict(list)
    skipped = 0
    for text in texts:
        match await detect(text=text):
            case None:
                skipped += 1
            case Language.ENGLISH | Language.GERMAN | Language.FRENCH as language:
                groups[language].append(text)
    items: list[Translation] = []
    for language in sorted(groups, key=lambda each: each.value):
        for text in groups[language]:
            same = language is target
            translated = text if same else await translate(text=text, source=language, target=target)
            items.append(Translation(source=language, text=translated, quality=1.0 if same else 0.5))
    return Translations(items=items, skipped=skipped)
