"""Which statuses of a record say something (R4 4.0.1): what CQL and FHIRPath ask alike."""

RECORDED = ("final", "amended", "corrected")  # Observation.status of an explicit record that says something
ENDED = ("inactive", "remission", "resolved")  # Condition.clinicalStatus
BACK = ("recurrence", "relapse")  # Condition.clinicalStatus
VOID = ("refuted", "entered-in-error")  # Condition.verificationStatus
