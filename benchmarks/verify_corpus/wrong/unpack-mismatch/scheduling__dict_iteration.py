# wrong: a dict gives its keys, not pairs
# shows: {"inputs": {"people": [{"name": "Kim", "skills": [], "hours": 1}], "tasks": []}, "output": {"assignments": [], "unassigned": [], "load": {"Kim": 1}}}
async def scheduling(people: list[Person], tasks: list[Task]) -> Plan:
    hours = {person.name: person.hours for person in people}
    load = {}
    for name, left in hours:
        load[name] = left
    return Plan(load=load, unassigned=[task.title for task in tasks])
