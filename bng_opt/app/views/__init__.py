"""What the dashboard shows: thin views over the models of :mod:`bng_opt.app.state`.

A view makes its widgets once, calls methods of its model, and shows what the model says.
"""
