"""What is said to a language model, what it may propose, and what is remembered of a conversation. Pure.

The model proposes, the core decides: its output is held against the home as it is when the output ends
(`parse`), and every deed still goes through the judgement.
"""
