# wrong: a summary has at most five bullets
# shows: {"inputs": {"text": "A. B. C. D. E. F. G"}, "output": {"title": "about Title. Be precise.", "bullets": ["about Shorten: A", "about Shorten: B", "about Shorten: C", "about Shorten: D", "about Shorten: E"], "words": 7}}
import asyncio

TONES = {"expert": "Be precise.", "child": "Use simple words."}


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    sentences = await split_sentences(text=text)
    if not sentences:
        return Summary(title="Empty", bullets=[], words=0)
    tone = TONES[audience]
    title, *bullets = await asyncio.gather(
        llm(f"Title. {tone}\n{text}"), *[llm(f"Shorten: {sentence}") for sentence in sentences[:8]]
    )
    words = await count_words(text=text)
    return Summary(
        title=title.strip()[:60] or "Untitled", bullets=[bullet[:120] for bullet in bullets], words=max(words, 0)
    )
