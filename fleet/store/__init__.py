"""Where the platform keeps what poles sent: SQLite by default, PostgreSQL where the city has it."""
