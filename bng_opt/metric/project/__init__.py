"""What a project's workbook says row by row: its input sheets, and all that follows from them."""
