"""CDS Hooks 2.0 over HTTP: the PlanDefinitions of a package as services, their answers as cards.

`services` (which there are) -> `request` (what is asked) -> `prefetch` (whose records, what was not read) -> `cards`
(pure). `app` puts them behind HTTP, with `fetching`, `auth`, `feedback` and `limits` at the edge.
"""
