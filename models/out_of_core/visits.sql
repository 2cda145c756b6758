-- The trips of this shard to each store in each week, by the end of a day.
SELECT
    t.store,
    w.week,
    COUNT(*) AS trips
FROM (
    SELECT DISTINCT
        household,
        day,
        store
    FROM trips
    WHERE day <= :until
) AS t
INNER JOIN weeks AS w ON t.day = w.day
GROUP BY t.store, w.week
