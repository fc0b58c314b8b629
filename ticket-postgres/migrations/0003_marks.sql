-- What the first node of a desk left, by which the others are known to be of the same desk.
CREATE TABLE marks (
    tenant bigint NOT NULL,
    mark text NOT NULL,
    CONSTRAINT marks_pkey PRIMARY KEY (tenant)
);
