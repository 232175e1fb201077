"""How an incident's time divides between parties, and the pauses of its clocks: computed beside the consumer.

Read in this order: `compute` (events → rows), `stored` (their JSON), `worker` (which incidents, when).
"""
