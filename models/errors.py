"""Everything that can go wrong here, as one tree.

The edge and its commands catch them; ``edge.cli.error_output`` prints their hints.

ModelsError
├── BundleRefused    a folder that claims to be a model bundle is not one that may be used
├── ActivationRefused  a sound bundle would answer worse here than what is in use
├── KeyUnusable      a file of a signing key is not there, or is none
├── SourceUnreadable the training or evaluation data lacks a file, a column or sound values
├── TooLittleData    the data is readable, and too small to learn from
├── LearningFailed   the learner's answer is no set of chances
├── WrapRefused      somebody's own model cannot be made into a bundle
├── WindowRefused    the days asked for cannot judge this bundle
├── ChartsMissing    the library that draws is not installed
├── StatisticsMissing the library that intervals come from is not installed
└── NoSuchBundle     the registry holds no bundle that answers the request
"""

from pathlib import Path

SAME_COLUMNS = (
    "give 'completejourney' or a folder with transactions.parquet and products.parquet "
    "in the same columns"
)


# By reason of refusal; the commands are those of the product that keeps the bundles.
_MENDS = {
    "unsigned": "storeside models sign DIR --key FILE, by whoever trained it",
    "untrusted": "storeside models trust KEY.pub --dir DIR, if you know whose key it is",
    "older": "storeside models rollback goes back to the one before; activate --older takes an older day",
    "expired": "train or fetch a newer one",
    "service": "upgrade storeside first",
    "file-extra": "take the file out of the folder, or fetch the bundle anew",
}


class ModelsError(Exception):
    """Root of this package's errors."""


class BundleRefused(ModelsError):
    """A bundle failed a check; ``reason`` is one word of ``models.serving.verify.REASONS``."""

    def __init__(self, *, reason: str, detail: str, path: Path | None = None) -> None:
        where = f"{path}: " if path else ""
        super().__init__(f"{where}bundle refused ({reason}): {detail}")
        self.reason = reason
        self.detail = detail
        self.path = path

    @property
    def hint(self) -> str | None:
        """What to do, where there is more to do than to fetch or train the bundle anew."""
        return _MENDS.get(self.reason)


class ActivationRefused(ModelsError):
    """A bundle's lists are not good enough here; ``fault``: a word of ``evaluation.activation.QualityFault``."""

    exit_code = 3

    def __init__(self, *, fault: str, says: str) -> None:
        super().__init__(f"not activated ({fault}): {says}")
        self.fault = fault
        self.hint = "train or fetch a better one; activate --anyway puts it in use, and the audit keeps that"


class KeyUnusable(ModelsError):
    """A key cannot be read, or would be written over."""

    def __init__(self, says: str, *, path: Path) -> None:
        super().__init__(f"{path}: {says}")
        self.path = path


class SourceUnreadable(ModelsError):
    """A data source lacks what reading it needs; one sentence: where, what is wrong, the mend."""

    def __init__(self, *, source: str, missing: str, mend: str = SAME_COLUMNS) -> None:
        super().__init__(f"cannot read {source}: {missing}; {mend}")
        self.source = source
        self.missing = missing
        self.mend = mend


class TooLittleData(ModelsError):
    """There are fewer trips than training or evaluation needs."""

    def __init__(self, *, what: str, got: int, needed: int) -> None:
        super().__init__(f"{what}: {got} found, at least {needed} needed")
        self.what = what
        self.got = got
        self.needed = needed


class LearningFailed(ModelsError):
    """What was learnt gives no chances; ``fault`` says in which way."""

    def __init__(self, *, fault: str) -> None:
        super().__init__(f"nothing usable was learnt: {fault}; nothing was written")
        self.fault = fault


class NoSuchBundle(ModelsError):
    """No stored bundle fits: nothing to roll back to, or an unknown digest."""

    def __init__(self, *, wanted: str, root: Path) -> None:
        super().__init__(f"{wanted} is not on the shelf {root}")
        self.wanted = wanted
        self.root = root


class WrapRefused(ModelsError):
    """A model of somebody's own cannot be wrapped: what is wrong with it, and the mend."""

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(f"cannot wrap this model: {fault}")
        self.hint = mend


class WindowRefused(ModelsError):
    """The days asked for cannot judge this bundle."""

    def __init__(self, *, fault: str, mend: str) -> None:
        super().__init__(f"cannot judge on these days: {fault}; {mend}")
        self.fault = fault
        self.mend = mend


class ChartsMissing(ModelsError):
    """The library that draws is not installed."""

    def __init__(self) -> None:
        super().__init__("cannot draw charts: matplotlib is missing; install storeside[bench]")


class StatisticsMissing(ModelsError):
    """The library that intervals come from is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"cannot tell effects: {name} is missing; install storeside[measure]")
        self.name = name
        self.hint = "install storeside[measure]"
