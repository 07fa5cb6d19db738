"""ratios - what several turns of a benchmark say together

Figures are good for comparing within one run: each of ours is divided by theirs of the
same turn, so that what else happens on the host hits both alike.
"""

import math
import statistics

# Student's t, two-sided 95 %, by degrees of freedom.
T_95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179,
        2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
        2.060, 2.056, 2.052, 2.048, 2.045]


def interval(ratios):
    """Geometric mean, and its 95 % interval."""
    logs = [math.log(r) for r in ratios]
    mean = statistics.mean(logs)
    if len(logs) < 2:
        return math.exp(mean), 0.0, math.inf
    t = T_95[len(logs) - 2] if len(logs) - 2 < len(T_95) else 2.0
    half = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def words(ratios):
    return "%.3f (%.3f to %.3f)" % interval(ratios)


def verdict(value, most):
    """Beside what the project promises of itself."""
    return f"{'kept' if value <= most else 'MISSED'}: at most {most:g}"
