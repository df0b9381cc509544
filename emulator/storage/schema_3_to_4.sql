-- From version 3 to version 4 (Nscale's dialect: pairs of files, pushes); schema.sql explains them.
CREATE TABLE pair (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant          TEXT NOT NULL,
    provider        TEXT NOT NULL,
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    training_file   TEXT NOT NULL,
    validation_file TEXT,
    bytes           INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    stored_s        REAL NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX pair_id ON pair (tenant, provider, id);
CREATE INDEX pair_page ON pair (tenant, provider, seq);
CREATE TABLE push (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    job        TEXT NOT NULL,
    place      TEXT NOT NULL,
    login      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL
);
CREATE UNIQUE INDEX push_id ON push (tenant, provider, id);
CREATE INDEX push_job ON push (tenant, provider, job, seq);
CREATE INDEX push_end ON push (tenant, ends_at);
