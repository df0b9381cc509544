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
    stored_s   REAL NOT NULL DEFAULT 0,   -- host seconds since 1970: how long others have not seen it, in their time
    expires_at INTEGER                    -- from then on it is gone; NULL: never
);
CREATE UNIQUE INDEX file_id ON file (tenant, provider, id);
CREATE INDEX file_time ON file (tenant, provider, created_at, seq);
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
    counted_at      INTEGER NOT NULL,     -- when validation ends; rewritten by an action (far away: paused in it)
    ended_at        INTEGER NOT NULL,     -- when it ends, its last event told; rewritten by an action (far away: paused or stuck)
    outcome         TEXT NOT NULL,        -- how it ends; rewritten by an action
    scenario        TEXT NOT NULL DEFAULT 'succeeds',
    stored_s        REAL NOT NULL DEFAULT 0,  -- host seconds since 1970, as in the table file
    metadata        TEXT,                 -- JSON: what the client noted, by which lists are filtered; NULL: nothing
    blob            TEXT                  -- SHA-256 of the training data, from which the tuned model answers; NULL: unknown
);
CREATE UNIQUE INDEX job_id ON job (tenant, provider, id);
CREATE UNIQUE INDEX job_handle ON job (tenant, provider, handle);
CREATE INDEX job_page ON job (tenant, provider, seq);
CREATE INDEX job_open ON job (tenant, ended_at);
CREATE INDEX job_result ON job (tenant, provider, outcome, ended_at, seq);
CREATE INDEX job_tag ON job (handle % 916132832, tenant, provider);   -- what the names of its models hold
CREATE INDEX job_blob ON job (blob);
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

-- A file or a model that was deleted. Clients delete while they page, so the next page's cursor may be such a file.
CREATE TABLE tombstone (
    tenant   TEXT NOT NULL,
    provider TEXT NOT NULL,
    file     TEXT NOT NULL,               -- its id, or the model's name
    seq      INTEGER,                     -- its place among the uploads; NULL: it was derived from a job
    created_at INTEGER,                   -- when it was uploaded; NULL likewise
    PRIMARY KEY (tenant, provider, file)
) WITHOUT ROWID;

-- A file that comes in parts.
CREATE TABLE upload (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,          -- from then on it takes nothing more
    name       TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    mime_type  TEXT NOT NULL,
    bytes      INTEGER NOT NULL,          -- of all parts together, as announced
    file_lasts INTEGER,                   -- seconds from the file's creation to its expiry; NULL: for ever
    state      TEXT NOT NULL,             -- pending, completed or cancelled; that it expired follows from the time
    file       TEXT                       -- the id of the file that it became
);
CREATE UNIQUE INDEX upload_id ON upload (tenant, provider, id);

CREATE TABLE part (                       -- of an upload; they go once it is completed, cancelled or expired
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    upload     TEXT NOT NULL,
    id         TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    blob       TEXT NOT NULL
);
CREATE UNIQUE INDEX part_id ON part (tenant, provider, upload, id);
CREATE INDEX part_blob ON part (blob);

-- A model with a name of its own: one that was deployed, or that a seed file put there. Those of jobs have no row.
CREATE TABLE model (
    seq         INTEGER PRIMARY KEY,
    tenant      TEXT NOT NULL,
    provider    TEXT NOT NULL,
    id          TEXT NOT NULL,            -- its name
    base_model  TEXT NOT NULL,
    source      TEXT NOT NULL,            -- '<job>:<checkpoint>', the id of a file, or another place; '': nowhere
    description TEXT,
    project     TEXT,
    created_at  INTEGER NOT NULL,
    active_at   INTEGER NOT NULL,         -- when it answers
    flaw        TEXT                      -- why it never will; NULL: it does
);
CREATE UNIQUE INDEX model_id ON model (tenant, provider, id);

-- Who may use a checkpoint's model besides its owner.
CREATE TABLE permission (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    model      TEXT NOT NULL,             -- the checkpoint's model, by name
    project_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX permission_id ON permission (tenant, provider, id);
CREATE INDEX permission_page ON permission (tenant, provider, model, seq);

-- Where somebody wants to be told of the ends of jobs.
CREATE TABLE webhook (
    seq            INTEGER PRIMARY KEY,
    tenant         TEXT NOT NULL,
    provider       TEXT NOT NULL,
    id             TEXT NOT NULL,
    name           TEXT NOT NULL,
    url            TEXT NOT NULL,
    events         TEXT NOT NULL,         -- JSON: the types that it is told of
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    secret         INTEGER NOT NULL,      -- how often its secret was changed: secrets are f(seed, id, this), never stored
    old_until_at   INTEGER,               -- until when the secret before is valid too; NULL: it is not
    told_until_at  INTEGER NOT NULL       -- the ends of jobs before then have been made deliveries
);
CREATE UNIQUE INDEX webhook_id ON webhook (tenant, provider, id);

-- An event that an endpoint is told of, until it takes it or it was tried often enough.
CREATE TABLE delivery (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,             -- its own, the same at each try
    webhook    TEXT NOT NULL,
    event      TEXT NOT NULL,             -- the event's id, the same for each endpoint
    job        TEXT NOT NULL,
    type       TEXT NOT NULL,
    created_at INTEGER NOT NULL,          -- when it happened
    state      TEXT NOT NULL,             -- pending, delivered or failed; past: it was before the endpoint, that instant
    tries      TEXT NOT NULL,             -- JSON: what came of each; null: made again from here
    due_s      REAL NOT NULL              -- host seconds since 1970: when it is tried next, where it is pending
);
CREATE INDEX delivery_id ON delivery (tenant, id);
CREATE UNIQUE INDEX delivery_job ON delivery (tenant, provider, webhook, job);   -- an endpoint is told of a job once
CREATE INDEX delivery_due ON delivery (tenant, provider, webhook, state, due_s);

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
