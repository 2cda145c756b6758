-- The shards' rows of trip_parts.sql, added up.
SELECT
    part,
    CAST(SUM(trips) AS BIGINT) AS trips,
    CAST(SUM(recent) AS BIGINT) AS recent
FROM trip_parts
GROUP BY part
