"""What pole, platform and maintainers agree on: types, events, commands, health, topics, and how they are read.

It imports msgspec and nothing of ours, so that a platform can use it without the agent.
"""
