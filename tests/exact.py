# Part of the SPP attendance suite. LGPL-3.
"""Percentages without floats, to compare what the addons say with."""


def rounded(fraction):
    """A Fraction that is not negative as text with two places, halves up."""
    hundredths = (200 * fraction.numerator + fraction.denominator) // (2 * fraction.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02}"
