"""The command line as data, and what is made from it: completion for three shells and the manual page. Pure.

Neither of the usual libraries fits: shtab knows no fish, and what argcomplete puts into a shell starts Python
at every press of Tab, which takes longer than a person waits.
"""
