"""Settings: TOML files in, frozen typed values out, every mistake said at once with its file and line."""
