-- The shards' rows of loyalty.sql, added up.
SELECT
    thing,
    CAST(SUM(trips) AS BIGINT) AS trips,
    CAST(SUM(recent) AS BIGINT) AS recent,
    CAST(SUM(buyers) AS BIGINT) AS buyers,
    CAST(SUM(returned) AS BIGINT) AS returned,
    CAST(SUM(gap_days) AS BIGINT) AS gap_days,
    CAST(SUM(gaps) AS BIGINT) AS gaps
FROM loyalty
GROUP BY thing
