# wrong: the coordinator's word, not the agent's
# shows: {"inputs": {"text": "Cats purr.", "audience": "child"}, "output": {"title": "about Title. Use simple", "bullets": ["about Shorten: Cats purr"], "words": 2}}
import asyncio

TONES = {"expert": "Be precise.", "child": "Use simple words."}


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    sentences = await split_sentences(text=text)
    if not sentences:
        return Summary(title="Empty", bullets=[], words=0)
    tone = TONES["children"]
    title, *bullets = await asyncio.gather(
        llm(f"Title. {tone}\n{text}"), *[llm(f"Shorten: {sentence}") for sentence in sentences[:5]]
    )
    words = await count_words(text=text)
    return Summary(
        title=title.strip()[:60] or "Untitled", bullets=[bullet[:120] for bullet in bullets], words=max(words, 0)
    )
