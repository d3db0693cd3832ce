# wrong: the helper's name is written in two ways
# shows: {"inputs": {"question": "x", "documents": []}, "output": {"text": "", "sources": [], "confidence": 0.0}}
def join_texts(documents: list[Document]) -> str:
    return "\n".join(document["text"] for document in documents)


async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    text = joinTexts(documents)
    return CitedAnswer(text=text)
