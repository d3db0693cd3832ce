# wrong: `del` cannot run
# shows: {"inputs": {"people": [{"name": "Kim", "skills": ["python"], "hours": 9}, {"name": "Pat", "skills": ["python"], "hours": 9}], "tasks": [{"title": "T1", "skill": "python", "hours": 1}, {"title": "T2", "skill": "python", "hours": 2}]}, "output": {"assignments": [{"person": "Kim", "task": "T1"}, {"person": "Pat", "task": "T2"}], "unassigned": [], "load": {"Kim": 1, "Pat": 2}}}
from collections import deque


async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    turns = deque(people)
    assignments, unassigned, load = [], [], {}
    for task in tasks:
        for _ in range(len(turns)):
            person = turns[0]
            del turns[0]
            turns.append(person)
            used = load.get(person.name, 0)
            if task.skill in person.skills and used + task.hours <= person.hours:
                load[person.name] = used + task.hours
                assignments.append(Assignment(person=person.name, task=task.title))
                break
        else:
            unassigned.append(task.title)
    return Plan(assignments=assignments, unassigned=unassigned, load=load)
