"""Timers, alarms and reminders: they survive restarts and power cuts, and are late rather than never."""
