-- Instants are whole microseconds of virtual time since 1970. `seq` gives the order in which rows were made; pages go
-- by it (keyset, never OFFSET). `tenant` is a digest of an API key, `provider` whose state it is: together an account.

-- What belongs to a key besides its files and jobs. A tenant without a row is one that has done nothing yet.
CREATE TABLE tenant (
    digest   TEXT PRIMARY KEY,
    counter  INTEGER NOT NULL DEFAULT 0,  -- how many ids were made: ids are f(seed, tenant, counter)
    clock    TEXT,                        -- JSON; NULL: the clock that the server started with
    upcoming TEXT,                        -- JSON: the scenarios of the next jobs; NULL: none were set
    journaled INTEGER NOT NULL DEFAULT 0  -- how many requests the journal has counted
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
    dataset    TEXT,                      -- JSON of what was read while it streamed in; NULL: not a dataset
    stored_s   REAL NOT NULL DEFAULT 0    -- host seconds since 1970: how long others have not seen it, in their time
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
    ended_at        INTEGER NOT NULL,     -- when it ends, its last event told; rewritten by an action (far away: paused or stuck)
    outcome         TEXT NOT NULL,        -- how it ends; rewritten by an action
    scenario        TEXT NOT NULL DEFAULT 'succeeds',
    stored_s        REAL NOT NULL DEFAULT 0   -- host seconds since 1970, as in the table file
);
CREATE UNIQUE INDEX job_id ON job (tenant, provider, id);
CREATE UNIQUE INDEX job_handle ON job (tenant, provider, handle);
CREATE INDEX job_page ON job (tenant, provider, seq);
CREATE INDEX job_open ON job (tenant, ended_at);
CREATE INDEX job_scenario ON job (tenant, provider, scenario);
CREATE INDEX job_validating ON job (tenant, provider, training_file, counted_at);

-- What somebody did to a job, in order. Reading decides whether it had an effect.
CREATE TABLE action (
    seq  INTEGER PRIMARY KEY,
    job  INTEGER NOT NULL REFERENCES job (seq) ON DELETE CASCADE,
    deed TEXT NOT NULL,
    at   INTEGER NOT NULL,
    stored_s REAL NOT NULL DEFAULT 0      -- host seconds since 1970, as in the table file
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

-- A fault that a tenant set: which requests it meets, how often, and what it does to them.
CREATE TABLE rule (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,   -- rules apply in the order in which they were set
    tenant TEXT NOT NULL,
    id     TEXT NOT NULL,
    rule   TEXT NOT NULL                  -- JSON
);
CREATE UNIQUE INDEX rule_id ON rule (tenant, id);

-- How often a rule met a request of a tenant: of the tenant's own rules, and of those that the server started with.
CREATE TABLE rule_use (
    tenant  TEXT NOT NULL,
    rule    TEXT NOT NULL,
    since_s REAL NOT NULL,                -- host seconds since 1970: when it was set, or first met a request
    matches INTEGER NOT NULL DEFAULT 0,   -- requests that it met
    hits    INTEGER NOT NULL DEFAULT 0,   -- those of them that its budget let it act on
    memory  TEXT,                         -- JSON that an effect keeps between requests, such as a token bucket
    PRIMARY KEY (tenant, rule)
) WITHOUT ROWID;

-- What was asked and answered. Written in batches, the oldest out; not covered by what an answer of 200 promises.
CREATE TABLE journal (
    seq       INTEGER PRIMARY KEY,
    tenant    TEXT NOT NULL,
    id        INTEGER NOT NULL,           -- from 1 for each tenant
    at        INTEGER NOT NULL,           -- virtual, as everywhere
    operation TEXT,                       -- NULL: no operation of the provider
    status    INTEGER,                    -- NULL: nothing was answered
    job       TEXT,                       -- the job that the request is about, or made
    faults    TEXT NOT NULL,              -- ' rule effect rule effect ': what it met
    entry     TEXT NOT NULL               -- JSON of the whole entry, without secrets
);
CREATE UNIQUE INDEX journal_id ON journal (tenant, id);

-- A tenant's state under a name of its own.
CREATE TABLE snapshot (
    tenant   TEXT NOT NULL,
    name     TEXT NOT NULL,
    made_s   REAL NOT NULL,               -- host seconds since 1970
    files    INTEGER NOT NULL,            -- how many it holds, for the list
    jobs     INTEGER NOT NULL,            -- likewise
    document TEXT NOT NULL,               -- JSON as exported, the files' bytes by digest
    PRIMARY KEY (tenant, name)
);
CREATE TABLE snapshot_blob (              -- bytes that are kept because a snapshot names them
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    blob   TEXT NOT NULL,
    PRIMARY KEY (tenant, name, blob),
    FOREIGN KEY (tenant, name) REFERENCES snapshot (tenant, name) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX snapshot_blob_blob ON snapshot_blob (blob);
