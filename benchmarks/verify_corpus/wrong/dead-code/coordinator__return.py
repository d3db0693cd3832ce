# wrong: the result is after a `return`
# shows: {"inputs": {"request": "report"}, "output": "done after 1"}
MOST = 5


async def coordinator(request: str) -> str:
    job = await start_job(name=request)
    tries = 0
    while True:
        tries += 1
        status = await job_status(job=job)
        match status:
            case "done":
                return "done"
                return f"done after {tries}"
            case "failed":
                return "failed"
        if tries >= MOST:
            return "still running"
