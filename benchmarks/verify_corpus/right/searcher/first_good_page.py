# expect: {"inputs": {"query": "python", "limit": 2}, "output": [{"url": "u1", "title": "Python intro", "score": 0.0}, {"url": "u2", "title": "Snakes", "score": 0.0}]}
async def searcher(query: str, limit: int = 5) -> list[Hit]:
    for page in range(1, 4):
        hits = await web_search(query=query, page=page)
        if scored := [(hit, score) for hit in hits if (score := await relevance(query=query, text=hit.title)) >= 0]:
            best = sorted(scored, key=lambda pair: pair[1], reverse=True)
            return [hit for hit, _ in best[:limit]]
    return []
