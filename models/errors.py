"""Everything that can go wrong here, as one tree.

ModelsError
├── BundleRefused    a folder that claims to be a model bundle is not one that may be used
├── SourceUnreadable the training or evaluation data lacks a file or a column
├── TooLittleData    the data is readable, and too small to learn from
└── NothingOnShelf   the shelf holds no bundle that answers the request
"""

from pathlib import Path


class ModelsError(Exception):
    """Root of this package's errors."""


class BundleRefused(ModelsError):
    """A bundle failed a check; ``reason`` is one word of ``models.verify.REASONS``."""

    def __init__(self, *, reason: str, detail: str, path: Path | None = None) -> None:
        where = f"{path}: " if path else ""
        super().__init__(f"{where}bundle refused ({reason}): {detail}")
        self.reason = reason
        self.detail = detail
        self.path = path


class SourceUnreadable(ModelsError):
    """A data source lacks what reading it needs."""

    def __init__(self, *, source: str, missing: str) -> None:
        super().__init__(
            f"cannot read {source}: {missing}; give 'completejourney' or a folder with "
            "transactions.parquet and products.parquet in the same columns"
        )
        self.source = source
        self.missing = missing


class TooLittleData(ModelsError):
    """There are fewer trips than training or evaluation needs."""

    def __init__(self, *, what: str, got: int, needed: int) -> None:
        super().__init__(f"{what}: {got} found, at least {needed} needed")
        self.what = what
        self.got = got
        self.needed = needed


class NothingOnShelf(ModelsError):
    """No stored bundle fits: nothing to roll back to, or an unknown digest."""

    def __init__(self, *, wanted: str, root: Path) -> None:
        super().__init__(f"{wanted} is not on the shelf {root}")
        self.wanted = wanted
        self.root = root
