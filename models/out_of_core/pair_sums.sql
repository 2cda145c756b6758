-- The shards' pairs of one block, added up; the rare ones are left out.
SELECT
    item,
    other,
    CAST(SUM(trips) AS BIGINT) AS trips
FROM pair_parts
WHERE block = :block
GROUP BY item, other
HAVING SUM(trips) >= :support
