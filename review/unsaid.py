"""What the page does not say, and so neither does the package: as docs/limits.md has it, which a test compares."""

UNSAID = (
    "No dose, cycle, duration, route or order of giving; no monitoring.",
    "No order of preference. Options stand as the page has them, and that ranks nothing.",
    "No grade, strength or certainty of evidence, and no recommendation for or against: the page says what may be "
    "offered.",
    "No test, and no threshold: what makes a tumour PD-L1 positive is the laboratory's to say, and how small is small "
    "is a clinician's judgement.",
    "Nothing on fitness, organ function, earlier doses, fertility, pregnancy, interactions, cost or access.",
    "Nothing newer than the page. The sources that it cites date from 2015 to 2018; a treatment it does not name is "
    "not thereby advised against.",
    "Its lists of drugs are open, so other stands beside them and proposes nothing.",
)
