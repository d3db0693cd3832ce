# wrong: the coroutines are sorted, not their results
# shows: {"inputs": {"query": "python", "limit": 1}, "output": [{"url": "u1", "title": "Python intro", "score": 0.0}]}
async def searcher(query: str, limit: int = 5) -> list[Hit]:
    pages = [web_search(query=query, page=page) for page in range(1, 3)]
    hits = sorted((hit for page in pages for hit in page), key=lambda hit: hit.title)
    return hits[:limit]
