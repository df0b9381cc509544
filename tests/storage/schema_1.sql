-- Instants are whole microseconds of virtual time since 1970. `seq` gives the order in which rows were made; pages go
-- by it (keyset, never OFFSET). `tenant` is a digest of an API key, `provider` whose state it is: together an account.

-- What belongs to a key besides its files and jobs. A tenant without a row is one that has done nothing yet.
CREATE TABLE tenant (
    digest  TEXT PRIMARY KEY,
    counter INTEGER NOT NULL DEFAULT 0,   -- how many ids were made: ids are f(seed, tenant, counter)
    clock   TEXT                          -- JSON; NULL: the clock that the server started with
) WITHOUT ROWID;

-- One uploaded file. Checkpoint files have no row: they are derived from a job, and their id leads to it.
CREATE TABLE file (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice: a cursor may name a row that is gone
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    project    TEXT,
    created_at INTEGER NOT NULL,
    name       TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    blob       TEXT NOT NULL,             -- SHA-256 of the bytes, and their name in the blob folder
    dataset    TEXT                       -- JSON of what was read while it streamed in; NULL: not a dataset
);
CREATE UNIQUE INDEX file_id ON file (tenant, provider, id);
CREATE INDEX file_page ON file (tenant, provider, seq);
CREATE INDEX file_blob ON file (blob);

-- One job: what was asked, the plan that was drawn, and when its status changes unless somebody acts.
CREATE TABLE job (
    seq             INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant          TEXT NOT NULL,
    provider        TEXT NOT NULL,
    id              TEXT NOT NULL,
    handle          INTEGER NOT NULL,     -- 48 random bits within the ids of what is derived from the job
    project         TEXT,
    created_at      INTEGER NOT NULL,
    model           TEXT NOT NULL,
    suffix          TEXT,
    training_file   TEXT NOT NULL,
    validation_file TEXT,
    lora            TEXT,                 -- JSON; NULL: full fine-tuning
    weight_bytes    INTEGER NOT NULL,
    request         TEXT NOT NULL,        -- JSON: the members of the answer that never change, without secrets
    plan            TEXT NOT NULL,        -- JSON, with its version
    counted_at      INTEGER NOT NULL,     -- when validation ends
    ended_at        INTEGER NOT NULL,     -- when it ends; rewritten by an action (far away while it is paused)
    outcome         TEXT NOT NULL         -- how it ends; rewritten by an action
);
CREATE UNIQUE INDEX job_id ON job (tenant, provider, id);
CREATE UNIQUE INDEX job_handle ON job (tenant, provider, handle);
CREATE INDEX job_page ON job (tenant, provider, seq);
CREATE INDEX job_open ON job (tenant, ended_at);
CREATE INDEX job_validating ON job (tenant, provider, training_file, counted_at);

-- What somebody did to a job, in order. Reading decides whether it had an effect.
CREATE TABLE action (
    seq  INTEGER PRIMARY KEY,
    job  INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    deed TEXT NOT NULL,
    at   INTEGER NOT NULL
);
CREATE INDEX action_job ON action (job, seq);

-- A file that was deleted. Clients delete while they page, so the cursor of the next page may be such a file.
CREATE TABLE tombstone (
    tenant   TEXT NOT NULL,
    provider TEXT NOT NULL,
    file     TEXT NOT NULL,
    seq      INTEGER,                     -- its place among the uploads; NULL: it was derived from a job
    PRIMARY KEY (tenant, provider, file)
) WITHOUT ROWID;
