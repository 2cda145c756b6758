"""What can go wrong in the stage, besides what is wrong with a source.

``duck`` and ``spark`` raise it, and the command prints it like any other error of models.

ModelsError
└── StageFailed    the engine could not finish a step: memory, disk, or a file that is not what it was
"""

from models.errors import ModelsError


class StageFailed(ModelsError):
    """The engine gave up on one step; ``reason`` is the engine's own first line."""

    def __init__(self, *, step: str, reason: str) -> None:
        super().__init__(
            f"the chain stage failed at {step}: {reason}; "
            "give it more memory or disk, or more shards, and start it again"
        )
        self.step = step
        self.reason = reason
