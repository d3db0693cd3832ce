# wrong: a list has no `push`
# shows: {"inputs": {"people": [], "tasks": [{"title": "T1", "skill": "python", "hours": 1}]}, "output": {"assignments": [], "unassigned": ["T1"], "load": {}}}
from collections import deque


async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    turns = deque(people)
    assignments, unassigned, load = [], [], {}
    for task in tasks:
        for _ in range(len(turns)):
            person = turns.popleft()
            turns.append(person)
            used = load.get(person.name, 0)
            if task.skill in person.skills and used + task.hours <= person.hours:
                load[person.name] = used + task.hours
                assignments.append(Assignment(person=person.name, task=task.title))
                break
        else:
            unassigned.push(task.title)
    return Plan(assignments=assignments, unassigned=unassigned, load=load)
