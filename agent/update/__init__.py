"""``poleagent update``: takes releases that maintainers have signed, and ends. The daemon imports none of this."""
