"""Why a test is not told of or not ended.

StoresideError
└── TestRefused         the root
    ├── NoSuchTest      no campaign is measured under that name
    ├── NoSuchArm       the test has no such arm
    ├── NotWon          the figures do not say that this arm is better
    └── NotTold         the figures do not say whom the campaign moves
"""

from __future__ import annotations

from edge.domain.errors import StoresideError


class TestRefused(StoresideError):
    """Something about a test is refused; nothing was changed."""

    __test__ = False


class NoSuchTest(TestRefused):
    """No campaign is known by that name."""


class NoSuchArm(TestRefused):
    """The test has no arm of that name that could become the rule."""


class NotWon(TestRefused):
    """What was measured does not say that this arm is better, or is not to be believed."""


class NotTold(TestRefused):
    """Nothing was measured yet that tells people apart by how a campaign moves them."""
