"""Reads exports of survey tools: every cell as text with its place, and what the file says of its columns.

`detect.read` recognises what it gets; `cells.read_export` reads a file again as a questionnaire declares it.
"""
