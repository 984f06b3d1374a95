"""Tests of the CDS Hooks service: cards, requests, HTTP, and what it asks of others."""
