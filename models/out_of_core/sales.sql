-- In how many trips of this shard each item was by the end of a day, and in how many of told weeks.
SELECT
    t.item,
    COUNT(*) AS trips,
    COUNT(c.store) AS told_trips
FROM trips AS t
INNER JOIN weeks AS w ON t.day = w.day
LEFT JOIN cells AS c ON t.store = c.store AND w.week = c.week
WHERE t.day <= :until
GROUP BY t.item
