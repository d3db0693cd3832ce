# wrong: the caller's documents get another text
import json


async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    for document in documents:
        document["text"] = document["text"][:1000]
    ids = [document["id"] for document in documents if document.get("text")]
    reply = await llm(f"Answer as JSON: {question}\n{json.dumps(documents)}")
    text, confidence = reply, 0.0
    try:
        data = json.loads(reply)
    except ValueError:
        data = None
    if isinstance(data, dict):
        text = str(data.get("answer") or reply)
        raw = data.get("confidence")
        confidence = float(raw) if isinstance(raw, (int, float)) else 0.0
    return CitedAnswer(text=text, sources=ids[:1], confidence=confidence)
