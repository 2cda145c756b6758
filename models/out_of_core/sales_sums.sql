-- The shards' rows of sales.sql, added up.
SELECT
    item,
    CAST(SUM(trips) AS BIGINT) AS trips,
    CAST(SUM(told_trips) AS BIGINT) AS told_trips
FROM sales
GROUP BY item
