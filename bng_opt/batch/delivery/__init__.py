"""Handing reports over: into a folder, and by e-mail.

Recipients get what was made and nothing else; what failed goes to the owner alone.
"""
