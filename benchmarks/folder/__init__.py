"""Folders: what finding a thousand payloads reads, and how many photographs a minute are reduced and restored."""
