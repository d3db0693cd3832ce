# wrong: there may be no sentence
# shows: {"inputs": {"text": " "}, "output": {"title": "Untitled", "bullets": [], "words": 0}}
import asyncio
from itertools import islice

SIZE = 3


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    sentences = await split_sentences(text)
    chunks = [sentences[at : at + SIZE] for at in range(0, len(sentences), SIZE)]
    parts = await asyncio.gather(*[llm("Summarise: " + ". ".join(chunk)) for chunk in chunks])
    title = sentences[0]
    counts = await asyncio.gather(*[count_words(text=sentence) for sentence in sentences])
    return Summary(
        title=title[:60],
        bullets=list(islice((part[:120] for part in parts if part), 5)),
        words=max(sum(counts), 0),
    )
