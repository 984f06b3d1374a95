"""The package's logic: which defines there are, and their text in CQL."""

from dataclasses import dataclass

from ..model import Content
from .defines import Define, OptionLogic, option_logic
from .hooks import OrderLogic, PatientViewLogic, order_sign, patient_view

__all__ = ["Define", "Logic", "OptionLogic", "OrderLogic", "PatientViewLogic", "build_logic"]


@dataclass(frozen=True, slots=True)
class Logic:
    """All defines: of the options by id, of the cards, of the draft orders."""

    options: dict[str, OptionLogic]
    patient_view: PatientViewLogic
    order_sign: list[OrderLogic]


def build_logic(content: Content) -> Logic:
    options = option_logic(content)
    return Logic(options, patient_view(content, options), order_sign(content, options))
