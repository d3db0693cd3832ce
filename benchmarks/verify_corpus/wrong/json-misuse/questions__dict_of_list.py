# wrong: JSON may be a list or a number, which has no `get`
import json


async def questions(question: str, documents: list[Document]) -> CitedAnswer:
    ids = [document["id"] for document in documents if document.get("text")]
    reply = await llm(f"Answer as JSON: {question}\n{json.dumps(documents)}")
    text, confidence = reply, 0.0
    try:
        data = json.loads(reply)
    except ValueError:
        data = None
    if data is not None:
        text = str(data.get("answer") or reply)
        raw = data.get("confidence")
        confidence = float(raw) if isinstance(raw, (int, float)) else 0.0
    return CitedAnswer(text=text, sources=ids[:1], confidence=confidence)
