"""Two releases compared by meaning: what an integrator or a clinician would notice, and how much it matters."""
