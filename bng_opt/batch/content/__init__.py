"""What reports say: their openings and endings, tables and figures, from the package's answers.

The notebooks of ``reports/`` only call what stands here. Each report is a frozen value made from
the notebook's parameters, with a method for each section.
"""
