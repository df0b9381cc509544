-- From version 1 (jobs, files, actions) to version 2 (scenarios, faults, journal, snapshots); schema.sql explains them.
ALTER TABLE tenant ADD COLUMN upcoming TEXT;
ALTER TABLE tenant ADD COLUMN journaled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE file ADD COLUMN stored_s REAL NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN scenario TEXT NOT NULL DEFAULT 'succeeds';
ALTER TABLE job ADD COLUMN stored_s REAL NOT NULL DEFAULT 0;
ALTER TABLE action ADD COLUMN stored_s REAL NOT NULL DEFAULT 0;
CREATE INDEX job_scenario ON job (tenant, provider, scenario);
CREATE TABLE rule (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    id     TEXT NOT NULL,
    rule   TEXT NOT NULL
);
CREATE UNIQUE INDEX rule_id ON rule (tenant, id);
CREATE TABLE rule_use (
    tenant  TEXT NOT NULL,
    rule    TEXT NOT NULL,
    since_s REAL NOT NULL,
    matches INTEGER NOT NULL DEFAULT 0,
    hits    INTEGER NOT NULL DEFAULT 0,
    memory  TEXT,
    PRIMARY KEY (tenant, rule)
) WITHOUT ROWID;
CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY,
    tenant    TEXT NOT NULL,
    id        INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    operation TEXT,
    status    INTEGER,
    job       TEXT,
    faults    TEXT NOT NULL,
    entry     TEXT NOT NULL
);
CREATE UNIQUE INDEX journal_id ON journal (tenant, id);
CREATE TABLE snapshot (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    made_s   REAL NOT NULL,
    files    INTEGER NOT NULL,
    jobs     INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
);
CREATE TABLE snapshot_blob (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    blob   TEXT NOT NULL,
    PRIMARY KEY (tenant, name, blob),
    FOREIGN KEY (tenant, name) REFERENCES snapshot (tenant, name) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX snapshot_blob_blob ON snapshot_blob (blob);
