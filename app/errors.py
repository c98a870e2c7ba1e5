"""The error of `app` that a person can do something about. Any other is a defect of ours."""


class UserError(Exception):
    """The world failed: a file, a disk, a wish that cannot be met. Shown to the person as it is.

    Attributes:
        text: one sentence that says what happened and to what.
        hint: one sentence that says what to do; empty where `text` says it already.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text, hint)
        self.text = text
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.text} {self.hint}".strip()
