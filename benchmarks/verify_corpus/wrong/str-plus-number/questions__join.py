# wrong: numbers cannot be joined
# shows: {"inputs": {"question": "x", "documents": [{"id": "a", "text": "b", "pages": 1}]}, "output": {"text": "yes", "sources": [], "confidence": 0.0}}
async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    if len(documents) == 0:
        spare = await document_by_id(document_id="x")
        if spare is None:
            return CitedAnswer(text="There are no documents.", sources=[], confidence=0.0)
        documents = [spare]
    pages = sum(document["pages"] for document in documents)
    text = "\n".join(document["pages"] for document in documents)
    answer = await llm(f"From {pages} pages: {question}\n{text}", output_schema=CitedAnswer)
    ids = {document["id"] for document in documents}
    cited = [source for source in answer.sources if source in ids]
    return CitedAnswer(text=answer.text, sources=cited, confidence=answer.confidence if cited else 0.0)
