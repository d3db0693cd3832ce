# wrong: at most 5 retries
# shows: {"inputs": {"request": "index"}, "output": "job-index is done"}
import asyncio

FINAL = ("done", "failed")


async def coordinator(request: str) -> str:
    job = await start_job(name=request, retries=10)
    for attempt in range(10):
        status = await job_status(job=job)
        if status in FINAL:
            break
        await asyncio.sleep(0.1 * attempt)
    else:
        return "timed out"
    return f"{job} is {status}"
