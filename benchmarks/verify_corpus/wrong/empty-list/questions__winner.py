# wrong: no document may fit
# shows: {"inputs": {"question": "zebra", "documents": [{"id": "a", "text": "dogs bark", "pages": 3}]}, "output": {"text": "nothing found", "sources": [], "confidence": 0.0}}
import heapq


async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    chosen = heapq.nlargest(2, documents, key=lambda document: document["pages"])
    scores: dict[str, float] = {}
    quotes = []
    for document in chosen:
        for passage in await passages(question, document):
            name = passage["document"]
            scores[name] = max(scores.get(name, 0.0), passage["score"])
            quotes.append(passage["text"])
    answer = await llm("Answer from these quotes:\n- " + "\n- ".join(quotes))
    winner = max(scores, key=lambda name: scores[name])
    return CitedAnswer(text=answer, sources=[winner], confidence=round(scores[winner], 2))
