# wrong: without a schema the model gives text, which has no fields
# shows: {"inputs": {"text": "Cats purr. Dogs bark."}, "output": {"title": "Outline", "bullets": ["Outline fo", "end"], "words": 4}}
import textwrap


async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    outline = await llm(f"Outline for a {audience}: {text}")
    points = [point.strip() for point in outline.points if point and point.strip()]
    bullets = [textwrap.shorten(point, width=100, placeholder="...") for point in points]
    return Summary(
        title=(outline.heading.strip() or "Summary")[:60],
        bullets=[bullet[:120] for bullet in bullets][:5],
        words=len(text.split()),
    )
