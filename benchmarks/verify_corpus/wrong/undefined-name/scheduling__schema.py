# wrong: the schema is `Assignment`
# shows: {"inputs": {"people": [{"name": "Kim", "skills": ["python"], "hours": 10}, {"name": "Lee", "skills": ["design", "python"], "hours": 4}], "tasks": [{"title": "API", "skill": "python", "hours": 6}, {"title": "Logo", "skill": "design", "hours": 4}, {"title": "Film", "skill": "design", "hours": 40}]}, "output": {"assignments": [{"person": "Lee", "task": "Logo"}], "unassigned": ["Film", "API"], "load": {"Kim": 0, "Lee": 4}}}
import asyncio


async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    off = await asyncio.gather(*[days_off(name=person.name) for person in people])
    left = {person.name: max(person.hours - 8 * days, 0) for person, days in zip(people, off)}
    load = {person.name: 0 for person in people}
    plan = Plan(load=load)
    for task in sorted(tasks, key=lambda each: each.hours, reverse=True):
        able = [person for person in people if task.skill in person.skills and left[person.name] >= task.hours]
        if not able:
            plan.unassigned.append(task.title)
            continue
        chosen = max(able, key=lambda person: left[person.name])
        left[chosen.name] -= task.hours
        plan.load[chosen.name] += task.hours
        plan.assignments.append(TaskAssignment(person=chosen.name, task=task.title))
    return plan
