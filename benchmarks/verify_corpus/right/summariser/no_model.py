# expect: {"inputs": {"text": "Cats purr loudly. Dogs bark. Cats sleep.", "audience": "child"}, "output": {"title": "Cats purr loudly", "bullets": ["Cats purr loudly", "Cats sleep"], "words": 7}}
from collections import Counter

STOP = {"the", "a", "and"}


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    most = 2 if audience == "child" else 5
    sentences = await split_sentences(text=text)
    counts = Counter(word for word in text.lower().split() if word not in STOP)
    rank = {sentence: sum(counts[word] for word in sentence.lower().split()) for sentence in sentences}
    bullets = sorted(rank, key=lambda sentence: rank[sentence], reverse=True)[:most]
    title = max(sentences, key=len, default="")[:60]
    return Summary(title=title or "Untitled", bullets=[bullet[:120] for bullet in bullets], words=sum(counts.values()))
