"""``poleagent doctor``: what is wrong with this pole, with the daemon dead, no link, no clock, or broken settings.

A check is one module of ``agent.doctor.checks``; what it can name are rows of ``contract.causes``.
"""
