# wrong: people without a task are told too
# shows: {"inputs": {"people": [{"name": "Kim", "skills": [], "hours": 4}], "tasks": []}, "output": {"assignments": [], "unassigned": [], "load": {}}}
async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    free = [person.model_copy() for person in people]
    plan = Plan()
    for task in sorted(tasks, key=lambda each: (-each.hours, each.title)):
        for person in free:
            if task.skill in person.skills and person.hours >= task.hours:
                person.hours -= task.hours
                plan.assignments.append(Assignment(person=person.name, task=task.title))
                plan.load[person.name] = plan.load.get(person.name, 0) + task.hours
                break
        else:
            plan.unassigned.append(task.title)
    for name in {each.name for each in people}:
        titles = [each.task for each in plan.assignments if each.person == name]
        await notify(name=name, titles=titles)
    return plan
