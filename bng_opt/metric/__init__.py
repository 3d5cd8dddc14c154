"""What the law says of one development: the metric workbook, trading, the headline."""
