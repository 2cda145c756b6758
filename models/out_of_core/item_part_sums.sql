-- The shards' rows of item_parts.sql, added up.
SELECT
    place,
    part,
    CAST(SUM(trips) AS BIGINT) AS trips
FROM item_parts
GROUP BY place, part
