# wrong: a text may have no sentence
# shows: {"inputs": {"text": " "}, "output": {"title": "Untitled", "bullets": [], "words": 0}}
from collections import Counter

STOP = {"the", "a", "and"}


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    most = 2 if audience == "child" else 5
    sentences = await split_sentences(text=text)
    counts = Counter(word for word in text.lower().split() if word not in STOP)
    rank = {sentence: sum(counts[word] for word in sentence.lower().split()) for sentence in sentences}
    bullets = sorted(rank, key=lambda sentence: rank[sentence], reverse=True)[:most]
    title = max(sentences, key=len)[:60]
    return Summary(title=title or "Untitled", bullets=[bullet[:120] for bullet in bullets], words=sum(counts.values()))
