# wrong: a summary has at most five bullets, a text has any number of sentences
# shows: {"inputs": {"text": "A. B. C. D. E. F. G", "audience": "expert"}, "output": {"title": "Summary", "bullets": ["A", "B", "C", "D", "E"], "words": 7}}
async def summariser(text: str, audience: Literal["expert", "child"] = "expert") -> Summary:
    sentences = await split_sentences(text=text)
    words = await count_words(text=text)
    return Summary(title="Summary", bullets=sentences, words=abs(words))
