-- Writing a plan: on its way.
SELECT 1;
