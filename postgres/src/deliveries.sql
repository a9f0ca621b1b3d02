CREATE TABLE linksfield_deliveries (
    id bytea PRIMARY KEY,
    token bytea NOT NULL,
    lease_ends timestamptz NOT NULL,
    done_at timestamptz
);
CREATE INDEX linksfield_deliveries_age ON linksfield_deliveries (coalesce(done_at, lease_ends));
CREATE TABLE linksfield_deliveries_schema (version integer NOT NULL);
INSERT INTO linksfield_deliveries_schema VALUES (1);
