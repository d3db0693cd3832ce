# expect: {"inputs": {"people": [{"name": "Lee", "skills": ["design"], "hours": 5}], "tasks": [{"title": "Logo", "skill": "design", "hours": 5}]}, "output": {"assignments": [{"person": "Lee", "task": "Logo"}], "unassigned": [], "load": {"Lee": 1}}}
async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    by_skill: dict[str, list[str]] = {skill.value: [] for skill in Skill}
    for person in people:
        for skill in person.skills:
            by_skill[skill.value].append(person.name)
    todo: dict[str, list[str]] = {}
    unassigned = []
    for number, task in enumerate(tasks):
        names = by_skill[task.skill.value]
        if names:
            todo.setdefault(names[number % len(names)], []).append(task.title)
        else:
            unassigned.append(task.title)
    for name, titles in todo.items():
        tries = 0
        while not await notify(name=name, titles=titles) and tries < 2:
            tries += 1
    return Plan(
        assignments=[Assignment(person=name, task=title) for name, titles in todo.items() for title in titles],
        unassigned=unassigned,
        load={name: len(titles) for name, titles in todo.items()},
    )
