/** The part of the ledger that several machines need: one of the steps in `schema.ts`. Times are those of the server's clock. */
export const workerTables = `
  -- One row: what this schema is called where its jobs wait, which may be another database.
  CREATE TABLE _longhaul_cluster (id TEXT PRIMARY KEY);
  INSERT INTO _longhaul_cluster (id) VALUES (replace(gen_random_uuid()::text, '-', ''));

  -- One row: the master that leads. Whoever takes over writes another term; every transaction of a master begins by holding
  -- the row of its own term FOR KEY SHARE, beside which the lease can be renewed, and no other term written.
  CREATE TABLE _longhaul_leader (
    term BIGINT PRIMARY KEY,
    -- What its sessions are called.
    holder TEXT NOT NULL,
    -- Where workers get the bytes that only the master has.
    url TEXT NOT NULL,
    expires TIMESTAMPTZ NOT NULL
  );
  INSERT INTO _longhaul_leader (term, holder, url, expires) VALUES (0, '', '', '-infinity');

  -- Chunks of the runs under way that a worker is to stage. Gone once the master knows that they are staged.
  CREATE TABLE _longhaul_jobs (
    run BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    -- The job in the queue that hands it out. Another one that names the chunk is of an earlier time.
    job UUID NOT NULL,
    -- Goes up with each claim: who commits must hold the last one.
    attempt BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'staged', 'failed')),
    worker TEXT COLLATE "C",
    changed TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    -- Claims that ended without a word, and those that ended with an error.
    losses INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    failure TEXT,
    -- That of the staged rows of its run.
    epoch TEXT NOT NULL,
    -- As JSON: what is to be done.
    work TEXT NOT NULL,
    PRIMARY KEY (run, chunk)
  );

  CREATE TABLE _longhaul_workers (
    worker TEXT COLLATE "C" PRIMARY KEY,
    host TEXT NOT NULL,
    process BIGINT NOT NULL,
    threads INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('working', 'draining', 'ended')),
    started TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    seen TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    -- As JSON: [run, chunk] of what it has in hand.
    in_hand TEXT NOT NULL DEFAULT '[]',
    chunks BIGINT NOT NULL DEFAULT 0,
    rows BIGINT NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0
  );
`;
