"""Who may use the web: tokens, the owner's passphrase and sessions, origins, limits, TLS, and confinement."""
