"""npm's version ranges, as far as "engines" fields use them: comparators, ^, ~, x, hyphens, ||."""
import re

COMPARATOR = re.compile(r"(>=|<=|>|<|=|\^|~)?\s*v?(\d+|x|\*)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?(?:-[\w.]+)?")


def admits(range_text, version):
    """Whether `version` (a triple) lies in the range."""
    return any(_all_hold(part, version) for part in range_text.split("||"))


def _all_hold(part, version):
    part = re.sub(r"(\S+)\s+-\s+(\S+)", r">=\1 <=\2", part.strip())
    return all(_holds(m, version) for m in COMPARATOR.finditer(part))


def _holds(match, version):
    operator = match[1] or "="
    given = [int(n) for n in match.groups()[1:] if n and n.isdigit()]
    low = tuple(given + [0] * (3 - len(given)))
    if not given:
        return True
    # the first version above everything that the written digits name: 18 -> 19.0.0, 18.2 -> 18.3.0
    above = tuple(given[:-1] + [given[-1] + 1] + [0] * (3 - len(given)))
    if operator == "^":
        return low <= version < (low[0] + 1, 0, 0)
    if operator == "~":
        return low <= version < ((low[0], low[1] + 1, 0) if len(given) > 1 else (low[0] + 1, 0, 0))
    return {"=": low <= version < above, ">=": version >= low, "<": version < low,
            ">": version >= above, "<=": version < above}[operator]
