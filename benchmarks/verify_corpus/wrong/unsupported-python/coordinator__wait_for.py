# wrong: `wait_for` cannot run
# shows: {"inputs": {"request": "index"}, "output": "job-index is done"}
import asyncio

FINAL = ("done", "failed")


async def coordinator(request: str) -> str:
    job = await start_job(name=request, retries=2)
    for attempt in range(10):
        status = await asyncio.wait_for(job_status(job=job), timeout=5)
        if status in FINAL:
            break
        await asyncio.sleep(0.1 * attempt)
    else:
        return "timed out"
    return f"{job} is {status}"
