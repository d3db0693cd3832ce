# wrong: pages end at 10
LAST_PAGE = 100


async def searcher(query: str, limit: int = 5) -> list[Hit]:
    seen: set[str] = set()
    found: list[Hit] = []
    page = 1
    while len(found) < limit and page <= LAST_PAGE:
        hits = await web_search(query, page)
        if not hits:
            break
        for hit in hits:
            if hit.url in seen:
                continue
            seen.add(hit.url)
            found.append(hit)
        page += 1
    return found[:limit]
