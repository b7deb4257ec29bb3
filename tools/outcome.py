# Part of the SPP attendance suite. LGPL-3.
"""What a part of the tests came to."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Numbers of tests, problems as sentences, and how long each test took."""

    passed: int = 0
    failed: int = 0
    log: str = ""
    problems: list = field(default_factory=list)
    seconds: dict = field(default_factory=dict)
    started: list = field(default_factory=list)
    browsers: set = field(default_factory=set)

    def add(self, problem):
        """Count one more failure."""
        self.failed += 1
        self.problems.append(problem)

    def include(self, other):
        """Count what another part came to."""
        self.passed += other.passed
        self.failed += other.failed
        self.problems += other.problems
        self.seconds |= other.seconds
        self.browsers |= other.browsers
