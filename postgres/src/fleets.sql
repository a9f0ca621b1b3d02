CREATE TABLE linksfield_fleets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    format bigint NOT NULL,
    purpose text NOT NULL,
    identity text NOT NULL,
    checked boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE linksfield_fleet_sims (
    fleet bigint NOT NULL REFERENCES linksfield_fleets,
    sim text NOT NULL,
    fingerprint text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'begun', 'ordered', 'refused', 'unknown')),
    token text,
    lease_ends timestamptz,
    claimed_at text,
    orders text,
    begun_at timestamptz,
    deadline float8,
    settle float8,
    begun_in text,
    step bigint,
    result text,
    stray text,
    identity text,
    PRIMARY KEY (fleet, sim)
);
CREATE TABLE linksfield_fleets_schema (version integer NOT NULL);
INSERT INTO linksfield_fleets_schema VALUES (1);
