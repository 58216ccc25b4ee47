"""The daemon of a smart street pole. ``agent.app`` wires it; docs/overview.md follows one reading through it."""

VERSION = "0.2.0"
