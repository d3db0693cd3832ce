# wrong: a task that nobody can do comes back for ever
# shows: {"inputs": {"people": [], "tasks": [{"title": "T", "skill": "python", "hours": 1}]}, "output": {"assignments": [], "unassigned": ["T"], "load": {}}}
async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    waiting = list(tasks)
    plan = Plan()
    while waiting:
        task = waiting.pop(0)
        able = [person for person in people if task.skill in person.skills]
        if able:
            plan.assignments.append(Assignment(person=able[0].name, task=task.title))
        else:
            waiting.append(task)
    return plan
