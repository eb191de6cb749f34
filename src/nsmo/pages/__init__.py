"""The pages of the report: what the reader sees, from results, words and templates."""
