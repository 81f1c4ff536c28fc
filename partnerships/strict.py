"""What every part of a partnership's file and of a version of its policy is made of."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of the document: immutable, and unknown keys are an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
