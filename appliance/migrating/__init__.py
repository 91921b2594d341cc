"""Data and configuration that an older version wrote, brought to the present form."""
