-- The shards' rows of store_trips.sql, added up, in the order in which stores are drawn.
SELECT
    store,
    CAST(SUM(trips) AS BIGINT) AS trips
FROM store_trips
GROUP BY store
ORDER BY MIN(mark), store
