# wrong: the loop never runs: nobody asks for the status
# shows: {"inputs": {"request": "index"}, "output": "job-index is done"}
import asyncio

FINAL = ("done", "failed")


async def coordinator(request: str) -> str:
    job = await start_job(name=request, retries=2)
    for attempt in range(0):
        status = await job_status(job=job)
        if status in FINAL:
            break
        await asyncio.sleep(0.1 * attempt)
    else:
        return "timed out"
    return f"{job} is {status}"
