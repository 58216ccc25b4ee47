"""The way up: rows of the store become CloudEvents, travel over MQTT, and leave on their own acknowledgement."""
