"""Who may have what done, and what is asked before: policy, confirmation, identity, audit."""
