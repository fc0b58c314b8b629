-- Statements are planned once, whatever their values. So that none reads all tickets because most of
-- them are in one queue or of one requester, the planner takes each value for rare; who asks for a
-- common one walks an order. It holds from the next ANALYZE on, which autovacuum sees to.
ALTER TABLE tickets
    ALTER COLUMN queue SET (n_distinct = 100),
    ALTER COLUMN status SET (n_distinct = 100),
    ALTER COLUMN priority SET (n_distinct = 100),
    ALTER COLUMN assignee SET (n_distinct = 100),
    ALTER COLUMN requester SET (n_distinct = -0.01),
    ALTER COLUMN organization SET (n_distinct = -0.01);
