-- From version 2 to version 3 (OpenAI's dialect: uploads, models, permissions, webhooks); schema.sql explains them.
ALTER TABLE file ADD COLUMN expires_at INTEGER;
ALTER TABLE job ADD COLUMN metadata TEXT;
ALTER TABLE job ADD COLUMN blob TEXT;
UPDATE job SET blob = (
    SELECT file.blob FROM file
    WHERE file.tenant = job.tenant AND file.provider = job.provider AND file.id = job.training_file
);
ALTER TABLE tombstone ADD COLUMN created_at INTEGER;
UPDATE tombstone SET created_at = coalesce((
    SELECT file.created_at FROM file
    WHERE file.tenant = tombstone.tenant AND file.provider = tombstone.provider AND file.seq < tombstone.seq
    ORDER BY file.seq DESC LIMIT 1
), 0) WHERE seq IS NOT NULL;
DROP INDEX file_page;
CREATE INDEX file_time ON file (tenant, provider, created_at, seq);
CREATE INDEX job_result ON job (tenant, provider, outcome, ended_at, seq);
CREATE INDEX job_tag ON job (handle % 916132832, tenant, provider);
CREATE INDEX job_blob ON job (blob);
CREATE TABLE upload (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    name       TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    mime_type  TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    file_lasts INTEGER,
    state      TEXT NOT NULL,
    file       TEXT
);
CREATE UNIQUE INDEX upload_id ON upload (tenant, provider, id);
CREATE TABLE part (
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
CREATE TABLE model (
    seq         INTEGER PRIMARY KEY,
    tenant      TEXT NOT NULL,
    provider    TEXT NOT NULL,
    id          TEXT NOT NULL,
    base_model  TEXT NOT NULL,
    source      TEXT NOT NULL,
    description TEXT,
    project     TEXT,
    created_at  INTEGER NOT NULL,
    active_at   INTEGER NOT NULL,
    flaw        TEXT
);
CREATE UNIQUE INDEX model_id ON model (tenant, provider, id);
CREATE TABLE permission (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    model      TEXT NOT NULL,
    project_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX permission_id ON permission (tenant, provider, id);
CREATE INDEX permission_page ON permission (tenant, provider, model, seq);
CREATE TABLE webhook (
    seq            INTEGER PRIMARY KEY,
    tenant         TEXT NOT NULL,
    provider       TEXT NOT NULL,
    id             TEXT NOT NULL,
    name           TEXT NOT NULL,
    url            TEXT NOT NULL,
    events         TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    secret         INTEGER NOT NULL,
    old_until_at   INTEGER,
    told_until_at  INTEGER NOT NULL
);
CREATE UNIQUE INDEX webhook_id ON webhook (tenant, provider, id);
CREATE TABLE delivery (
    seq        INTEGER PRIMARY KEY,
    tenant     TEXT NOT NULL,
    provider   TEXT NOT NULL,
    id         TEXT NOT NULL,
    webhook    TEXT NOT NULL,
    event      TEXT NOT NULL,
    job        TEXT NOT NULL,
    type       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state      TEXT NOT NULL,
    tries      TEXT NOT NULL,
    due_s      REAL NOT NULL
);
CREATE INDEX delivery_id ON delivery (tenant, id);
CREATE UNIQUE INDEX delivery_job ON delivery (tenant, provider, webhook, job);
CREATE INDEX delivery_due ON delivery (tenant, provider, webhook, state, due_s);
