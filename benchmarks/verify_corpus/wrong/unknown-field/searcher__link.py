# wrong: a hit has `url`
# shows: {"inputs": {"query": "python", "limit": 2}, "output": [{"url": "u1", "title": "Python intro", "score": 1.0}, {"url": "u3", "title": "Python typing", "score": 0.5}]}
import asyncio


async def searcher(query: str, limit: int = 5) -> list[Hit]:
    pages = await asyncio.gather(web_search(query=query), web_search(query=query, page=2))
    unique = {hit.link: hit for page in pages for hit in page}
    hits = list(unique.values())
    texts = await asyncio.gather(*[fetch(url=hit.url) for hit in hits])
    scores = await asyncio.gather(*[relevance(query=query, text=text) for text in texts])
    ranked = sorted(zip(scores, hits), key=lambda pair: pair[0], reverse=True)
    return [
        Hit(url=hit.url, title=hit.title, score=min(max(score, 0.0), 1.0)) for score, hit in ranked[:limit]
    ]
