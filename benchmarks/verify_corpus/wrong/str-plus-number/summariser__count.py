# wrong: a number is added to text
# shows: {"inputs": {"text": "a b c"}, "output": {"title": "3 words", "bullets": [], "words": 3}}
async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    words = await count_words(text=text)
    title = words + " words"
    return Summary(title=title[:60], bullets=[], words=max(words, 0))
