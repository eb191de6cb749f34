"""The cleaned answers with all that is known of them, in the files that archives and programs read."""
