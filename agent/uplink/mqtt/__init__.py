"""A wire over MQTT 5 or 3.1.1: the only place that knows MQTT."""
