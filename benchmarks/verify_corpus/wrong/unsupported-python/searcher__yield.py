# wrong: generators cannot run
# shows: {"inputs": {"query": "  Python!! "}, "output": [{"url": "u1", "title": "Python intro", "score": 0.0}, {"url": "u3", "title": "Python typing", "score": 0.0}, {"url": "u2", "title": "Snakes", "score": 0.0}]}
import re
import string


def words(query: str):
    for word in query.split():
        yield word.strip()


def clean(query: str) -> str:
    query = " ".join(words(query))
    letters = "".join(char for char in query.lower() if char in string.ascii_lowercase + string.digits + " ")
    return re.sub(r"\s+", " ", letters).strip()


async def searcher(query: str, limit: int = 5) -> list[Hit]:
    wanted = clean(query) or query
    first, second = await asyncio.gather(*(web_search(wanted, page) for page in (1, 2)))
    both = [*first, *(hit for hit in second if all(hit.url != other.url for other in first))]
    titled = [hit for hit in both if hit.title]
    return sorted(titled, key=lambda hit: (-hit.score, hit.title))[: min(limit, 20)]
