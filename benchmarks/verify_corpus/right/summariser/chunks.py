# expect: {"inputs": {"text": "One. Two. Three. Four. Five. Six. Seven."}, "output": {"title": "One", "bullets": ["about Summarise: One. Two.", "about Summarise: Four. Five.", "about Summarise: Seven"], "words": 7}}
import asyncio
from itertools import islice

SIZE = 3


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    sentences = await split_sentences(text)
    chunks = [sentences[at : at + SIZE] for at in range(0, len(sentences), SIZE)]
    parts = await asyncio.gather(*[llm("Summarise: " + ". ".join(chunk)) for chunk in chunks])
    title = sentences[0] if sentences else "Untitled"
    counts = await asyncio.gather(*[count_words(text=sentence) for sentence in sentences])
    return Summary(
        title=title[:60],
        bullets=list(islice((part[:120] for part in parts if part), 5)),
        words=max(sum(counts), 0),
    )
