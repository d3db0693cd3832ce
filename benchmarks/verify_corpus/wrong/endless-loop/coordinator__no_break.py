# wrong: a job that is done never leaves the loop
# shows: {"inputs": {"request": "bad one"}, "output": "failed after 1"}
async def coordinator(request: str) -> str:
    job = await start_job(request)
    status = "queued"
    waited = 0
    while True:
        status = await job_status(job)
        waited += 1
    return "fine" if status == "done" else f"failed after {waited}"
