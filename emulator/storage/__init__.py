"""SQLite and blobs: rows in, dataclasses out. Plain functions on a connection; ``schema.sql`` is the documentation."""
