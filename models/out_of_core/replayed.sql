-- The purchases of a shard in the order in which they were made, and whether on promotion.
SELECT
    p.household,
    p.day,
    p.store,
    p.item,
    CASE WHEN m.item IS NULL THEN 0 ELSE 1 END AS promoted
FROM purchases AS p
LEFT JOIN promoted AS m ON p.household = m.household AND p.day = m.day AND p.item = m.item
WHERE p.household >= 0
ORDER BY p.household, p.day, p.item
