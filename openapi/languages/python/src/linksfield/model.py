"""What generated types are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, field_validator


class Model(BaseModel):
    model_config = ConfigDict(populate_by_name=True)


class Request(Model):
    """What a caller passes: a misspelt parameter is an error, not a parameter that is left out."""

    model_config = ConfigDict(extra="forbid")


class Output(Model):
    """What the API sends: fields that are not documented are kept, and an odd value stays as it is instead of spoiling the rest."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _or_as_it_is(cls, value: Any, read_field: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        try:
            return read_field(value)
        except ValidationError:
            if info.context == LIBERALLY:
                return value
            raise


LIBERALLY = "liberally"
M = TypeVar("M", bound=Model)


def read(model: type[M], data: Any) -> M:
    return model.model_validate(data, context=LIBERALLY)


def renamed(data: Any, names: Mapping[str, str]) -> Any:
    """Data whose fields have the names of the types."""
    if isinstance(data, list):
        return [renamed(item, names) for item in data]
    if isinstance(data, dict):
        return {names.get(name, name) if names.get(name) not in data else name: renamed(field, names) for name, field in data.items()}
    return data
