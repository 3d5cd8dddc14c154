"""What the dashboard knows, without a widget: one model a step, and the session of a page.

Everything the page does can be done here by calling methods, which is how it is tested.
"""
