"""What people add to what poles send: accounts, the audit, acknowledgements, silences, comments, notifications."""
