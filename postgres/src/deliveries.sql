CREATE TABLE linksfield_deliveries (
    id bytea PRIMARY KEY,
    token bytea NOT NULL UNIQUE,
    lease_ends timestamptz NOT NULL,
    done_at timestamptz
);
CREATE INDEX linksfield_deliveries_age ON linksfield_deliveries (coalesce(done_at, lease_ends));
-- A signature is of the delivery that it first came with, and done itself if that was done by then.
CREATE TABLE linksfield_signatures (
    id bytea PRIMARY KEY,
    delivery bytea NOT NULL,
    done boolean NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX linksfield_signatures_age ON linksfield_signatures (seen_at);
CREATE TABLE linksfield_deliveries_schema (version integer NOT NULL);
INSERT INTO linksfield_deliveries_schema VALUES (1);
