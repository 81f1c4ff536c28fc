"""What the statistics mean, in plain words and once."""

from evaluations.queries.analysis import Analysis
from partnership_portal.sections import Section


def reading(analysis: Analysis) -> Section:
    """How to read means, likely ranges and sizes of change, as far as there are any."""
    words = []
    changes = [one for one in analysis.changes.values() if one]
    if any(one.mean and one.mean.interval for one in analysis.questions) or any(
        one.interval for one in changes
    ):
        words.append(
            "Figures are of the people who happened to answer, so chance plays a part in them. The likely range (a 95% "
            "confidence interval) says how large a part: about 19 of 20 such ranges hold the true value. The fewer "
            "people have answered, the wider it is."
        )
    if any(one.pairs for one in changes):
        words.append(
            "Changes are of people, each counted once. All other figures are of answers: whoever attended several "
            "sessions is in them once for each, so the true value may lie a little further off than they say."
        )
    if any(one.effect is not None for one in changes):
        words.append(
            "The size of a change (Cohen’s d) compares how much people changed on average with how differently they "
            "changed: from 0.2 it is called small, from 0.5 medium, from 0.8 large."
        )
    return Section("reading", "How to read the figures", words)
