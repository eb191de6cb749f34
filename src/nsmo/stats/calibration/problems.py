"""What is wrong with margins, in words: every finding by name and count."""


class CalibrationError(ValueError):
    """Margins that the sample cannot meet, or that do not describe it.

    Attributes
    ----------
    problems : list of dict
        One per finding, with ``kind`` and, as far as they apply, ``margin``, ``category``, ``n``, ``target``,
        ``reached``.
    """

    def __init__(self, message: str, problems: list[dict] | None = None):
        super().__init__(message)
        self.problems = problems or []


def explain(problems: list[dict]) -> str:
    """One line per problem of `CalibrationError`."""
    lines = []
    for p in problems:
        where = p["margin"] + (f" = {p['category']}" if p.get("category") is not None else "")
        if p["kind"] == "missing":
            lines.append(f"{where}: {p['n']} respondents have no value; recode, impute or exclude them first")
        elif p["kind"] == "no target":
            lines.append(f"{where}: {p['n']} respondents but no target; add one, or merge the category")
        elif p["kind"] == "no cases":
            lines.append(f"{where}: target {p['target']:g} but nobody in the sample; merge the category")
        elif p["kind"] == "target":
            lines.append(f"{where}: the target must be a number of at least zero, not {p['target']}")
        elif p["kind"] == "nobody":
            lines.append(f"{where}: all targets are zero, so the population is empty")
        elif p["kind"] == "totals":
            lines.append(f"{where}: targets add up to {p['target']:.10g}")
        elif p["kind"] == "unmet":
            lines.append(f"{where}: target {p['target']:.10g}, reached {p['reached']:.10g}")
    head = "calibration refused"
    if any(p["kind"] == "totals" for p in problems):
        head += "; margins must have equal totals (total= rescales them)"
    return head + ":\n  " + "\n  ".join(lines)
