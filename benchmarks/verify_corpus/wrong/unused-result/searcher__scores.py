# wrong: the relevance is asked for and the hits are not ranked by it
# shows: {"inputs": {"query": "python", "limit": 2}, "output": [{"url": "u1", "title": "Python intro", "score": 1.0}, {"url": "u3", "title": "Python typing", "score": 0.5}]}
import asyncio


async def searcher(query: str, limit: int = 5) -> list[Hit]:
    pages = await asyncio.gather(web_search(query=query), web_search(query=query, page=2))
    unique = {hit.url: hit for page in pages for hit in page}
    hits = list(unique.values())
    texts = await asyncio.gather(*[fetch(url=hit.url) for hit in hits])
    scores = await asyncio.gather(*[relevance(query=query, text=text) for text in texts])
    return hits[:limit]
