# wrong: the list is wrapped into a dict
# shows: {"inputs": {"query": "python", "limit": 1}, "output": [{"url": "u1", "title": "Python intro", "score": 0.0}]}
async def searcher(query: str, limit: int = 5) -> list[Hit]:
    hits = await web_search(query=query, page=1)
    top = hits[:limit]
    return {"results": top, "count": len(top)}
