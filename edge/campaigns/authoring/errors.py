"""Why a portfolio is not taken or not changed.

StoresideError
└── PortfolioRefused      the root
    ├── PortfolioInvalid  a file or body is no portfolio; the message names the place
    ├── PictureRefused    bytes are no picture that screens may show
    ├── NoSuchPicture     no picture lies under that hash
    ├── NoSuchCampaign    nothing is known under that name, or not in that version
    └── WrongState        the version is not in the state that the step asks for
"""

from __future__ import annotations

from edge.domain.errors import StoresideError


class PortfolioRefused(StoresideError):
    """Something about campaigns, offers or pictures is refused; nothing was changed."""


class PortfolioInvalid(PortfolioRefused):
    """A file is too large, unreadable, or says something that no portfolio can say."""


class PictureRefused(PortfolioRefused):
    """Bytes are not a picture of a kind that is safe on every screen, or too many."""


class NoSuchPicture(PortfolioRefused):
    """No picture lies under that hash."""


class NoSuchCampaign(PortfolioRefused):
    """No campaign, offer or version is known by that name."""


class WrongState(PortfolioRefused):
    """A version is asked to take a step that its state does not allow."""
