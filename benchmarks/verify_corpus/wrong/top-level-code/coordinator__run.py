# wrong: the program runs itself
import asyncio

FINAL = ("done", "failed")


async def coordinator(request: str) -> str:
    job = await start_job(name=request, retries=2)
    for attempt in range(10):
        status = await job_status(job=job)
        if status in FINAL:
            break
        await asyncio.sleep(0.1 * attempt)
    else:
        return "timed out"
    return f"{job} is {status}"


print(asyncio.run(coordinator("test")))
