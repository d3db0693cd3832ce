# wrong: no document, no mean
# shows: {"inputs": {"question": "x", "documents": []}, "output": {"text": "0 passages", "sources": [], "confidence": 0.0}}
async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    scores = []
    for document in documents:
        found = await passages(question=question, document=document)
        scores.extend(passage["score"] for passage in found)
    average = sum(scores) / len(scores)
    return CitedAnswer(text=f"{len(scores)} passages", sources=[], confidence=round(average, 2))
