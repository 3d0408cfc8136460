"""Read the rule book a second time, slowly and literally, so that the kernel has something to disagree with.

Nothing in here imports the project: two readings that share code would share mistakes.
`reading` answers questions, `histories` makes random legal logs to ask about.
"""
