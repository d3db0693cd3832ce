# expect: {"inputs": {"request": "bad one"}, "output": "failed after 1"}
async def coordinator(request: str) -> str:
    job = await start_job(request)
    status = "queued"
    waited = 0
    while status not in {"done", "failed"}:
        status = await job_status(job)
        waited += 1
        if waited >= 20:
            return "gave up"
    return "fine" if status == "done" else f"failed after {waited}"
