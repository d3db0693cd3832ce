# wrong: `sort` gives None
# shows: {"inputs": {"query": "python"}, "output": [{"url": "u1", "title": "Python intro", "score": 1.0}]}
async def searcher(query: str, limit: int = 5) -> list[Hit]:
    results = []
    for hit in await web_search(query=query):
        try:
            text = await fetch(url=hit.url)
        except LookupError:
            continue
        score = await relevance(query=query, text=text)
        if score <= 0:
            continue
        results.append(hit.model_copy(update={"score": min(score, 1.0)}))
    results = results.sort(key=lambda each: each.score, reverse=True)
    return results[:limit]
