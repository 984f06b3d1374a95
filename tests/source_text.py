"""The page's text as hashes of its eight-word runs: enough to see that we copied nothing, not enough to read it.

    python tests/source_text.py PAGE.txt > tests/source_runs.txt

Words are lower case without punctuation. Drug and brand names are dropped first, and the page's references are left
out: both are facts that can't be said in other words.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

RUN = 8
REFERENCES = "Expert review and references"
NAMES = frozenset(
    """
    cisplatin carboplatin paraplatin aq paclitaxel taxol topotecan hycamtin gemcitabine gemzar 5-fluorouracil adrucil
    5-fu ifosfamide ifex docetaxel taxotere irinotecan camptosar mitomycin mutamycin vinorelbine navelbine epirubicin
    pharmorubicin doxorubicin adriamycin bevacizumab avastin cemiplimab libtayo pembrolizumab keytruda
    """.split()
)


def words(text: str) -> list[str]:
    """The words of a text, normalised, without names of drugs."""
    found = re.findall(r"[a-z0-9]+(?:['-][a-z0-9]+)*", text.lower().replace("’", "'"))
    return [word for word in found if word not in NAMES]


def runs(text: str) -> Iterator[str]:
    """Each run of eight words. A run of few different words, such as 'and and and', says nothing."""
    all_words = words(text)
    for start in range(len(all_words) - RUN + 1):
        run = all_words[start : start + RUN]
        if len(set(run)) > RUN // 2:
            yield " ".join(run)


def hashes(texts: Iterable[str]) -> set[str]:
    return {sha256(run.encode()).hexdigest()[:20] for text in texts for run in runs(text)}


def page_hashes(page: str) -> set[str]:
    return hashes([page.partition(REFERENCES)[0]])


if __name__ == "__main__":
    print("\n".join(sorted(page_hashes(Path(sys.argv[1]).read_text(encoding="utf-8")))))
