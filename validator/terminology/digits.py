"""Check digits: what makes a mistyped SNOMED CT or LOINC code show."""

import re

SNOMED = re.compile(r"[1-9][0-9]{5,17}")
CONCEPTS = ("00", "10")  # of the international release, of an extension
LOINC = re.compile(r"[0-9]{1,7}-[0-9]")
LOINC_PART = re.compile(r"L[AGLP][0-9]{1,7}-[0-9]")


def _verhoeff() -> tuple[list[list[int]], list[list[int]]]:
    """The multiplication of the dihedral group of order ten, and the powers of Verhoeff's permutation."""
    product = [
        [
            (a + b) % 5 if a < 5 and b < 5 else (a + b) % 5 + 5 if a < 5 else (a - b) % 5 + 5 if b < 5 else (a - b) % 5
            for b in range(10)
        ]
        for a in range(10)
    ]
    permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    powers = [list(range(10))]
    for _ in range(7):
        powers.append([permutation[digit] for digit in powers[-1]])
    return product, powers


PRODUCT, POWERS = _verhoeff()


def is_snomed(code: str) -> bool:
    """Whether a code can be a SNOMED CT concept: 6 to 18 digits, of which the last is a Verhoeff check digit.

    The two before it, the partition, say that it is a concept, not a description or a relationship.
    """
    if not SNOMED.fullmatch(code) or code[-3:-1] not in CONCEPTS:
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = PRODUCT[check][POWERS[place % 8][int(digit)]]
    return check == 0


def is_loinc(code: str) -> bool:
    """Whether a code can be LOINC's: digits, a dash, and a check digit by Luhn's rule.

    Of answers, groups, lists and parts (LA, LG, LL, LP) only the form is judged: their rule is another.
    """
    if LOINC_PART.fullmatch(code):
        return True
    if not LOINC.fullmatch(code):
        return False
    digits, _, check = code.partition("-")
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return (10 - total % 10) % 10 == int(check)
