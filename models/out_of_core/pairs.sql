-- How often two vocabulary items were in one trip of this shard; cut into blocks, so that each can be summed alone.
SELECT
    a.place AS item,
    b.place AS other,
    CAST(MOD(a.place, :blocks) AS INT) AS block,
    COUNT(*) AS trips
FROM known AS a
INNER JOIN known AS b ON a.household = b.household AND a.day = b.day AND a.place < b.place
GROUP BY a.place, b.place
