"""The built report for other media: PDF, slides and Word. Everything is read from the pages of the report."""
