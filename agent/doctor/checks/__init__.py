"""The checks, a module each with ``async def look(pole, tell)``; nothing lists them.

``tell(name, reading, about)`` names a cause by its row of ``contract.causes``, with what proves it. ``look`` returns
why it could not look, else ``""``; it gets ``LIMIT_S`` seconds, or what the module has under that name. It must not
disturb a daemon that runs, leaves nothing behind, and says nothing of what ``pole.limited`` keeps it from seeing.
"""
