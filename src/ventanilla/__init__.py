"""An embeddable, event-sourced core for customer-service tickets: every figure names the events behind it."""

__version__ = "0.1.0"
