"""The broker that poles speak to: mosquitto where it is installed; for a trial, the NATS server of a wheel."""
