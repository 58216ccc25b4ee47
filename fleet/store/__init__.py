"""Where the platform keeps what poles sent: SQLite by default."""
