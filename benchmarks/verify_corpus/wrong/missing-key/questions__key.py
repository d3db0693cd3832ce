# wrong: a passage has `document`
# shows: {"inputs": {"question": "do cats purr", "documents": [{"id": "d1", "text": "Cats purr. Dogs bark", "pages": 1}]}, "output": {"text": "about do cats purr", "sources": ["d1"], "confidence": 0.5}}
import asyncio


async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    found = await asyncio.gather(*[passages(question=question, document=document) for document in documents])
    best = sorted((passage for group in found for passage in group), key=lambda passage: passage["score"], reverse=True)[:3]
    if not best:
        return CitedAnswer(text="I do not know.")
    context = "\n".join(f"[{passage['source']}] {passage['text']}" for passage in best)
    answer = await llm(f"{question}\n\n{context}")
    sources = list(dict.fromkeys(passage["document"] for passage in best))
    return CitedAnswer(text=answer, sources=sources, confidence=best[0]["score"])
