# Part of the SPP attendance suite. LGPL-3.
"""What a part of the tests came to."""

from dataclasses import dataclass, field

#: Module, file, and class and method of a test that ran.
TestName = tuple[str, str, str]


@dataclass
class Outcome:
    """Numbers of tests, problems as sentences, and how long each test took."""

    passed: int = 0
    failed: int = 0
    log: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    started: list[TestName] = field(default_factory=list)
    browsers: set[tuple[str, str]] = field(default_factory=set)

    def add(self, problem: str) -> None:
        """Count one more failure."""
        self.failed += 1
        self.problems.append(problem)

    def include(self, other: "Outcome") -> None:
        """Count what another part came to."""
        self.passed += other.passed
        self.failed += other.failed
        self.problems += other.problems
        self.seconds |= other.seconds
        self.browsers |= other.browsers
