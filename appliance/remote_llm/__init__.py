"""A language model on another machine, asked only when `llm.engine` names its protocol.

Stages have no network, so this runs in the supervisor: it holds no native code, speaks to one address only,
and says the same words as the stage (`Generate` in; `Token` and `Generated` out). See docs/decisions/0003.
"""
