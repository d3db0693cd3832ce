# wrong: a score is from 0 to 1
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
        results.append(Hit(url=hit.url, title=hit.title, score=2.0))
    results.sort(key=lambda each: each.score, reverse=True)
    return results[:limit]
