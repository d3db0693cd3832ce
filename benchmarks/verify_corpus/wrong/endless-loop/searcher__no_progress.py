# wrong: an empty page does not end the loop
# shows: {"inputs": {"query": "nothing", "limit": 5}, "output": []}
async def searcher(query: str, limit: int = 5) -> list[Hit]:
    found: list[Hit] = []
    while len(found) < limit:
        hits = await web_search(query=query, page=1)
        found.extend(hit for hit in hits if hit.score >= 0)
    return found[:limit]
